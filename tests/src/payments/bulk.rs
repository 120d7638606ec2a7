//! PJ4: many payments from one file, by two people.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::ledger_adds_up;
use crate::harness::{Answer, Client, Server, Site, eventually, on_both_stacks};
use crate::http::token;

on_both_stacks!(
    good_rows_are_paid_once_over_a_kill,
    a_file_is_looked_through_and_refused_whole,
    a_batch_is_of_a_plan_two_people_and_a_tenant,
    a_batch_adds_up_to_what_was_stated,
);

const SIGNED: [&str; 4] = ["--requests-per-minute", "100000", "--jwt-secret", token::SECRET];

/// A file of so many rows, of which those of some numbers are bad in three ways.
fn file(name: &str, rows: usize, bad: &[usize]) -> String {
    let mut text = "amount,currency,reference,payment_method\n".to_owned();
    for row in 2..rows + 2 {
        let at = bad.iter().position(|bad| *bad == row);
        let line = match at.map(|at| at % 3) {
            None => format!("{row},EUR,{name} {row},pm_account_{row}\n"),
            Some(0) => format!("0,EUR,{name} {row},pm_account_{row}\n"),
            Some(1) => format!("{row},EURO,{name} {row},pm_account_{row}\n"),
            Some(_) => format!("{row},EUR,,pm_account_{row}\n"),
        };
        text.push_str(&line);
    }
    text
}

async fn upload(bank: &Client, text: &str, query: &str) -> Answer {
    let request = bank.request(Method::POST, &format!("/v1/bulk/batches{query}"));
    bank.send(request.header("content-type", "text/csv").body(text.to_owned())).await
}

fn path(batch: &Value) -> String {
    format!("/v1/bulk/batches/{}", batch["id"].as_str().expect("an id"))
}

async fn step(bank: &Client, path: &str, what: &str) -> Answer {
    bank.post(&format!("{path}/{what}"), &json!({})).await
}

/// Whoever approves: somebody else than the key.
fn approver(server: &Server, slug: &str) -> Client {
    server.client(slug).with_credential(&token::of_person(slug, "june"))
}

async fn good_rows_are_paid_once_over_a_kill(site: &Site) {
    let server = site.serve(&SIGNED).await;
    let mut batches = Vec::new();
    let payments = site.rows("payments").await;
    for slug in ["nordhafen", "alnoor"] {
        let maker = server.client(slug);
        let batch = upload(&maker, &file("may", 120, &[3, 50, 121]), "?mode=best_effort").await;
        let batch = batch.ok(201);
        assert_eq!((&batch["rows_good"], &batch["rows_bad"]), (&117.into(), &3.into()));
        let path = path(&batch);
        let errors = maker.get(&format!("{path}/errors")).await.ok(200);
        let told: Vec<_> = errors["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|row| (row["row"].clone(), row["column"].clone(), row["code"].clone()))
            .collect();
        let row = |row: i64, column: &str, code: &str| (row.into(), column.into(), code.into());
        assert_eq!(
            told,
            [
                row(121, "reference", "reference_invalid"),
                row(50, "currency", "currency_unknown"),
                row(3, "amount", "amount_invalid"),
            ]
        );
        assert_eq!(step(&maker, &path, "submit").await.ok(200)["state"], "submitted");
        step(&maker, &path, "approve").await.refused(403, "maker_is_approver");
        batches.push((slug, path));
    }
    assert_eq!(site.rows("payments").await, payments, "nothing is paid before somebody agrees");
    for (slug, path) in &batches {
        assert_eq!(
            step(&approver(&server, slug), path, "approve").await.ok(200)["state"],
            "running"
        );
    }
    eventually("some rows are paid", async || site.rows("payments").await > payments + 20).await;
    server.kill().await;
    let options = [&SIGNED[..], &["--demo-clock"]].concat();
    let server = site.serve(&options).await;
    // What the killed process had asked and not written down is lost with the simulator.
    server.advance(Duration::from_mins(2)).await;
    for (slug, path) in &batches {
        let bank = server.client(slug);
        eventually("the batch is finished", async || {
            bank.get(path).await.ok(200)["state"] == "finished"
        })
        .await;
        let batch = bank.get(path).await.ok(200);
        let ended =
            [&batch["succeeded"], &batch["failed"]].map(|of| of.as_i64().expect("a number"));
        assert_eq!(ended[0] + ended[1], 117, "{batch}");
        assert!(ended[1] <= 1, "{batch}");
        let result = bank.get(&format!("{path}/result")).await;
        assert_eq!(result.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(result.text().lines().count(), 121);
        assert!(!result.text().contains("pm_account"), "no account is told");
        ledger_adds_up(&bank).await;
        crate::journey::usage::of(&bank, "transactions", 117).await;
    }
    assert_eq!(site.rows("payments").await, payments + 2 * 117, "each row once");
    for broken in [
        "UPDATE bulk_batches SET approver = maker",
        "UPDATE bulk_batches SET approver = NULL WHERE state = 'finished'",
        "UPDATE bulk_items SET line = 2",
    ] {
        assert!(site.try_run(broken).await.is_err(), "{broken}");
    }
}

async fn a_file_is_looked_through_and_refused_whole(site: &Site) {
    let server = site.serve(&SIGNED).await;
    let (nordhafen, alnoor) = (server.client("nordhafen"), server.client("alnoor"));
    let torn = file("torn", 10, &[4]);
    let batch = upload(&nordhafen, &torn, "").await.ok(201);
    step(&nordhafen, &path(&batch), "submit").await.refused(422, "batch_has_errors");
    // P27, for each tenant by itself.
    upload(&nordhafen, &torn, "").await.refused(409, "duplicate_file");
    upload(&nordhafen, &torn, "?mode=best_effort").await.refused(409, "duplicate_file");
    upload(&nordhafen, &torn, "?override=true").await.ok(201);
    upload(&alnoor, &torn, "").await.ok(201);
    for text in ["", "amount\n1\n", "amount,currency,reference,payment_method\n"] {
        upload(&nordhafen, text, "").await.refused(422, "file_invalid");
    }
    upload(&nordhafen, &torn, "?mode=half").await.refused_field("parameter_invalid", "mode");
    let huge = "x".repeat(5 * 1024 * 1024);
    assert_eq!(upload(&nordhafen, &huge, "").await.status, 413);

    // PJ4.6: the month has room for nine of ten.
    let id = server.tenant("nordhafen").id().uuid().as_simple().to_string();
    let id = if site.is_embedded() { format!("x'{id}'") } else { format!("'{id}'") };
    let now = tenancy_core::Clock::now(&tenancy_core::SystemClock);
    let month = tenancy_core::usage::Month::of(now);
    let used = format!(
        "INSERT INTO transaction_months (tenant_id, month, used) VALUES ({id}, '{month}', 49991)"
    );
    site.try_run(&used).await.expect("the row is new");
    let payments = site.rows("payments").await;
    let large = upload(&nordhafen, &file("large", 10, &[]), "").await.ok(201);
    let refused = step(&nordhafen, &path(&large), "submit").await.refused(429, "quota_exceeded");
    assert_eq!((&refused["needed"], &refused["left"]), (&10.into(), &9.into()));
    assert_eq!(nordhafen.get(&path(&large)).await.ok(200)["state"], "checked");
    assert_eq!(site.rows("payments").await, payments);
}

async fn a_batch_is_of_a_plan_two_people_and_a_tenant(site: &Site) {
    let server = site.serve(&SIGNED).await;
    let refused = upload(&server.client("riverside"), &file("a", 2, &[]), "").await;
    refused.refused(403, "feature_not_in_plan");
    let maker = server.client("nordhafen");
    let batch = upload(&maker, &file("a", 2, &[]), "").await.ok(201);
    let path = path(&batch);
    let stranger = server.client("alnoor");
    let random = "/v1/bulk/batches/bat_01k8p0g2v7e9h9qk3x5t7w1zra";
    for tail in ["", "/items", "/errors", "/result"] {
        let theirs = stranger.get(&format!("{path}{tail}")).await;
        let nobodys = stranger.get(&format!("{random}{tail}")).await;
        nobodys.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), nobodys.alike(), "{tail}");
    }
    for what in ["submit", "approve", "reject", "cancel"] {
        let theirs = step(&approver(&server, "alnoor"), &path, what).await;
        let nobodys = step(&approver(&server, "alnoor"), random, what).await;
        nobodys.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), nobodys.alike(), "{what}");
    }
    step(&approver(&server, "nordhafen"), &path, "approve").await.refused(409, "batch_state");
    step(&maker, &path, "submit").await.ok(200);
    let operator = token::in_role(&maker, "nordhafen", "operator").await;
    step(&operator, &path, "approve").await.refused(403, "permission_denied");
    let rejected = step(&approver(&server, "nordhafen"), &path, "reject").await.ok(200);
    assert_eq!(rejected["state"], "rejected");
    step(&maker, &path, "cancel").await.refused(409, "batch_state");
    let second = upload(&maker, &file("b", 2, &[]), "").await.ok(201);
    let second = self::path(&second);
    step(&maker, &second, "submit").await.ok(200);
    assert_eq!(step(&maker, &second, "cancel").await.ok(200)["state"], "canceled");
    step(&approver(&server, "nordhafen"), &second, "approve").await.refused(409, "batch_state");
    // A trial's batches are its own.
    server.test_client("nordhafen").get(&second).await.refused(404, "resource_missing");
}

/// P26, over five thousand rows of which three are not good.
async fn a_batch_adds_up_to_what_was_stated(site: &Site) {
    let server = site.serve(&SIGNED).await;
    let template = server.client("nordhafen").get("/v1/bulk/template").await;
    assert_eq!(template.header("content-type"), "text/csv; charset=utf-8");
    let rows = file("sum", 5_000, &[3, 50, 4_001]);
    assert!(rows.replace('\n', "\r\n").starts_with(template.text()));
    // Row 3 has no amount and row 50 no currency; row 4,001 has both, and no reference.
    let all: i64 = (2..5_002).sum::<i64>() - 3 - 50;
    let mut lists = Vec::new();
    for slug in ["nordhafen", "alnoor"] {
        let maker = server.client(slug);
        for stated in ["EUR:1".to_owned(), format!("USD:{all}"), format!("EUR:{all},USD:1")] {
            let query = format!("?mode=best_effort&totals={stated}");
            let refused = upload(&maker, &rows, &query).await.refused(422, "totals_differ");
            assert_eq!(refused["found"], format!("EUR:{all}"));
        }
        for torn in ["EUR", "EUR:0", "eur:1", "EUR:1,EUR:2"] {
            let refused = upload(&maker, &rows, &format!("?totals={torn}")).await;
            refused.refused(422, "parameter_invalid");
        }
        let before = maker.get("/v1/bulk/batches").await.ok(200);
        assert!(before["data"].as_array().expect("a list").is_empty(), "nothing is kept");

        let query = format!("?mode=best_effort&totals=EUR:{all}");
        let batch = upload(&maker, &rows, &query).await.ok(201);
        assert_eq!((&batch["rows_good"], &batch["rows_bad"]), (&4_997.into(), &3.into()));
        assert_eq!(batch["totals"], json!([{"currency": "EUR", "amount": all - 4_001}]));
        let second = upload(&maker, &file("few", 3, &[2]), "?mode=best_effort").await.ok(201);
        let list = maker.get("/v1/bulk/batches").await.ok(200);
        assert_eq!(list["data"], json!([second, batch]));
        lists.push(list);
        // P26, the other half: each row is in one state.
        let counts = ["rows_bad", "waiting", "processing", "succeeded", "failed"];
        let counted: i64 = counts.iter().map(|of| batch[of].as_i64().expect("a number")).sum();
        assert_eq!(counted, 5_000);
    }
    assert_ne!(lists[0], lists[1]);

    // Rows that were changed behind the program's back are not paid.
    let (nordhafen, alnoor) = (&lists[0]["data"][1], &lists[1]["data"][0]);
    for (slug, batch) in [("nordhafen", nordhafen), ("alnoor", alnoor)] {
        step(&server.client(slug), &path(batch), "submit").await.ok(200);
    }
    site.try_run("UPDATE bulk_items SET amount = 9 WHERE line = 7").await.expect("a row");
    let payments = site.rows("payments").await;
    let refused = step(&approver(&server, "nordhafen"), &path(nordhafen), "approve").await;
    refused.refused(422, "totals_differ");
    let batch = server.client("nordhafen").get(&path(nordhafen)).await.ok(200);
    assert_eq!(batch["state"], "submitted");
    assert_eq!(site.rows("payments").await, payments);
    // It has no row 7.
    let running = step(&approver(&server, "alnoor"), &path(alnoor), "approve").await.ok(200);
    assert_eq!(running["state"], "running");
}
