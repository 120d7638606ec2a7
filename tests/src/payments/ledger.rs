//! The ledger past captures and refunds: paid out, disputed, corrected, looked at.

use serde_json::{Value, json};

use super::{UNLIMITED, authorized, balance, capture, ledger_adds_up, refund};
use crate::harness::{Answer, Client, Site, on_both_stacks};
use crate::http::token;

on_both_stacks!(
    what_is_paid_out_is_at_the_banks_disposal,
    a_dispute_takes_its_money_out_until_it_is_decided,
    a_correction_needs_two_people,
    the_past_can_be_read_and_checked,
);

const SIGNED: [&str; 4] = ["--requests-per-minute", "100000", "--jwt-secret", token::SECRET];

/// What stands on some accounts in US dollars.
async fn balances<const N: usize>(bank: &Client, codes: [&str; N]) -> [i64; N] {
    let mut found = [0; N];
    for (place, code) in found.iter_mut().zip(codes) {
        *place = balance(bank, code).await.0;
    }
    found
}

fn differ<const N: usize>(after: [i64; N], before: [i64; N]) -> [i64; N] {
    std::array::from_fn(|at| after[at] - before[at])
}

/// A payment of 100.00, captured. Returns its path and id.
async fn captured(bank: &Client, key: &str) -> (String, Value) {
    let path = authorized(bank, key).await;
    capture(bank, &path, key, 10_000).await.ok(200);
    let id = path.rsplit('/').next().expect("an id").into();
    (path, id)
}

async fn settle(bank: &Client, payment: &Value) -> Answer {
    bank.post("/v1/ledger/settlements", &json!({ "payment": payment })).await
}

async fn what_is_paid_out_is_at_the_banks_disposal(site: &Site) {
    const CODES: [&str; 4] = ["bank", "psp_receivable", "merchant_pending", "merchant_available"];
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "kita"].map(|slug| server.client(slug));
    for bank in &banks {
        let before = balances(bank, CODES).await;
        let (_, payment) = captured(bank, "paid").await;
        let settled = settle(bank, &payment).await.ok(201);
        assert_eq!(
            (&settled["amount"], &settled["amount_available"]),
            (&10_000.into(), &9_680.into())
        );
        assert_eq!(differ(balances(bank, CODES).await, before), [10_000, 0, 0, 9_680]);
        settle(bank, &payment).await.refused(409, "nothing_to_settle");
        ledger_adds_up(bank).await;
    }
    let (_, theirs) = captured(&banks[0], "theirs").await;
    let foreign = settle(&banks[1], &theirs).await;
    let random = settle(&banks[1], &json!("pay_01k8p0g2v7e9h9qk3x5t7w1zra")).await;
    random.refused_field("payment_missing", "payment");
    assert_eq!(foreign.alike(), random.alike());
    // Many at once pay it out once.
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (bank, payment) = (banks[0].clone(), theirs.clone());
        running.spawn(async move { settle(&bank, &payment).await });
    }
    let answers = running.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    ledger_adds_up(&banks[0]).await;
}

async fn dispute(bank: &Client, payment: &Value, name: &str, amount: i64) -> Answer {
    let body = json!({
        "payment": payment, "provider_reference": name, "amount": amount, "fee": 1_500,
        "reason": "fraudulent",
    });
    bank.post("/v1/disputes", &body).await
}

async fn a_dispute_takes_its_money_out_until_it_is_decided(site: &Site) {
    const CODES: [&str; 4] =
        ["merchant_available", "dispute_reserve", "dispute_fee", "psp_receivable"];
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "kita"].map(|slug| server.client(slug));
    for bank in &banks {
        let (path, payment) = captured(bank, "disputed").await;
        let before = balances(bank, CODES).await;
        dispute(bank, &payment, "dp_0", 10_001)
            .await
            .refused_field("dispute_exceeds_captured", "amount");
        let opened = dispute(bank, &payment, "dp_1", 6_000).await.ok(201);
        assert_eq!(opened["state"], "needs_response");
        assert_eq!(differ(balances(bank, CODES).await, before), [-7_500, 6_000, 1_500, 0]);
        dispute(bank, &payment, "dp_1", 1).await.refused(409, "dispute_known");
        // P10: what is disputed is not given back.
        refund(bank, &path, "much", 4_001).await.refused_field("refund_exceeds_captured", "amount");

        let dispute_path = format!("/v1/disputes/{}", opened["id"].as_str().expect("an id"));
        let evidence = json!({ "evidence": "signed receipt" });
        let review = bank.post(&format!("{dispute_path}/evidence"), &evidence).await.ok(200);
        assert_eq!(review["state"], "under_review");
        bank.post(&format!("{dispute_path}/accept"), &json!({}))
            .await
            .refused(409, "dispute_state");
        let won = json!({ "outcome": "won" });
        let ended = bank.post(&format!("{dispute_path}/resolve"), &won).await.ok(200);
        assert_eq!(ended["state"], "won");
        assert_eq!(differ(balances(bank, CODES).await, before), [-1_500, 0, 1_500, 0]);
        bank.post(&format!("{dispute_path}/resolve"), &won).await.refused(409, "dispute_state");

        let lost = dispute(bank, &payment, "dp_2", 4_000).await.ok(201);
        let lost_path = format!("/v1/disputes/{}", lost["id"].as_str().expect("an id"));
        bank.post(&format!("{lost_path}/accept"), &json!({})).await.ok(200);
        assert_eq!(differ(balances(bank, CODES).await, before), [-7_000, 0, 3_000, -4_000]);
        refund(bank, &path, "more", 6_001).await.refused_field("refund_exceeds_captured", "amount");
        assert_eq!(bank.get(&path).await.ok(200)["amount_disputed"], 4_000);
        ledger_adds_up(bank).await;
    }
    let list = banks[0].get("/v1/disputes").await.ok(200);
    let id = list["data"][0]["id"].as_str().expect("an id");
    for (method, tail) in [("get", ""), ("post", "/accept")] {
        let ask = async |id: &str| match method {
            "get" => banks[1].get(&format!("/v1/disputes/{id}{tail}")).await,
            _ => banks[1].post(&format!("/v1/disputes/{id}{tail}"), &json!({})).await,
        };
        let (theirs, nobodys) = (ask(id).await, ask("dis_01k8p0g2v7e9h9qk3x5t7w1zra").await);
        nobodys.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), nobodys.alike());
    }
    let broken = "UPDATE payments SET amount_disputed = amount_captured - amount_refunded + 1";
    assert!(site.try_run(broken).await.is_err(), "P10 by the database");
}

/// The newest entry of a cause.
async fn entry(bank: &Client, cause: &str) -> Value {
    let entries = bank.get("/v1/ledger/entries?limit=100").await.ok(200);
    let mut entries = entries["data"].as_array().expect("a list").clone().into_iter();
    entries.find(|entry| entry["cause"] == cause).expect("an entry of this cause")
}

async fn a_correction_needs_two_people(site: &Site) {
    let server = site.serve(&SIGNED).await;
    for (slug, other) in [("riverside", "kita"), ("kita", "riverside")] {
        let maker = server.client(slug);
        let approver = maker.with_credential(&token::of(slug));
        captured(&maker, "wrong").await;
        let wrong = entry(&maker, "capture").await;
        let before = balances(&maker, ["fee_income", "merchant_pending"]).await;
        let request = json!({
            "entry": wrong["id"], "reason_code": "fee_error", "legs": [
                { "code": "psp_receivable", "side": "debit", "amount": 10_000 },
                { "code": "merchant_pending", "side": "credit", "amount": 9_800 },
                { "code": "fee_income", "side": "credit", "amount": 200 },
            ],
        });
        let asked = maker.post("/v1/ledger/corrections", &request).await.ok(201);
        let again = maker.post("/v1/ledger/corrections", &request).await.ok(201);
        let path = format!("/v1/ledger/corrections/{}", asked["id"].as_str().expect("an id"));
        let second = format!("/v1/ledger/corrections/{}", again["id"].as_str().expect("an id"));
        assert_eq!(balances(&maker, ["fee_income", "merchant_pending"]).await, before);

        let nothing = json!({});
        let own = maker.post(&format!("{path}/approve"), &nothing).await;
        own.refused(403, "maker_is_approver");
        let foreign = server.client(other).post(&format!("{path}/approve"), &nothing).await;
        foreign.refused(404, "resource_missing");
        let posted = approver.post(&format!("{path}/approve"), &nothing).await.ok(200);
        assert_eq!(posted["state"], "posted");
        let after = balances(&maker, ["fee_income", "merchant_pending"]).await;
        assert_eq!(differ(after, before), [-120, 120]);
        approver
            .post(&format!("{path}/approve"), &nothing)
            .await
            .refused(409, "correction_decided");
        approver.post(&format!("{second}/approve"), &nothing).await.refused(409, "entry_corrected");
        let rejected = approver.post(&format!("{second}/reject"), &nothing).await.ok(200);
        assert_eq!(rejected["state"], "rejected");

        let right = entry(&maker, "correction").await;
        assert_eq!(right["reason_code"], "fee_error");
        let of_correction = json!({ "entry": right["id"], "reason_code": "duplicate" });
        let refused = maker.post("/v1/ledger/corrections", &of_correction).await;
        refused.refused(409, "entry_is_correction");
        let unbalanced = json!({
            "entry": wrong["id"], "reason_code": "fee_error", "legs": [
                { "code": "bank", "side": "debit", "amount": 2 },
                { "code": "fee_income", "side": "credit", "amount": 1 },
            ],
        });
        let refused = maker.post("/v1/ledger/corrections", &unbalanced).await;
        refused.refused_field("legs_unbalanced", "legs");
        let unknown = json!({ "entry": right["id"], "reason_code": "because" });
        assert_eq!(maker.post("/v1/ledger/corrections", &unknown).await.status, 422);
        ledger_adds_up(&maker).await;
    }
    for broken in [
        "UPDATE ledger_corrections SET approver = maker",
        "UPDATE ledger_corrections SET approver = NULL WHERE state = 'posted'",
        "INSERT INTO journal_entries (tenant_id, id, cause_kind, cause_id, sequence, effective_at, \
         recorded_at) SELECT tenant_id, cause_id, 'correction', cause_id, 7, effective_at, \
         recorded_at FROM journal_entries",
        "INSERT INTO journal_entries SELECT tenant_id, cause_id, cause_kind, cause_id, 7, \
         effective_at, recorded_at, reason_code, reverses FROM journal_entries \
         WHERE reverses IS NOT NULL",
    ] {
        assert!(site.try_run(broken).await.is_err(), "{broken}");
    }
}

async fn the_past_can_be_read_and_checked(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    captured(&riverside, "first").await;
    let first = entry(&riverside, "capture").await;
    let at = first["recorded_at"].as_str().expect("a time").replace('+', "%2B");
    let then = riverside.get(&format!("/v1/ledger/balances?at={at}")).await.ok(200);
    let on = |balances: &Value, code: &str| {
        let list = balances.as_array().expect("a list").clone();
        list.into_iter().find(|balance| balance["code"] == code).expect("the account")
    };
    assert_eq!(on(&then, "fee_income")["balance"], balance(&riverside, "fee_income").await.0);
    captured(&riverside, "second").await;
    let unchanged = riverside.get(&format!("/v1/ledger/balances?at={at}")).await.ok(200);
    assert_eq!(unchanged, then, "the past stays what it was");
    let now = riverside.get("/v1/ledger/balances").await.ok(200);
    let fees = |balances: &Value| on(balances, "fee_income")["balance"].as_i64().expect("a number");
    assert_eq!(fees(&now) - fees(&then), 320);

    let account = on(&now, "fee_income");
    let path =
        format!("/v1/ledger/accounts/{}/statement", account["account"].as_str().expect("an id"));
    let statement = riverside.get(&path).await;
    assert_eq!(
        (statement.status, statement.header("content-type")),
        (200, "text/csv; charset=utf-8")
    );
    let lines: Vec<_> = statement.text().lines().collect();
    assert_eq!(lines[0], "recorded_at,entry,cause,side,amount,balance,currency");
    let decimal = account["balance_decimal"].as_str().expect("a text");
    assert!(lines.last().expect("a line").ends_with(&format!(",3.20,{decimal},USD")), "{lines:?}");
    let since = riverside.get(&format!("{path}?from={at}")).await;
    assert_eq!(since.text().lines().count(), 3, "{}", since.text());
    assert_eq!(since.text().lines().last(), lines.last().copied());
    riverside.get(&format!("{path}?from=soon")).await.refused_field("parameter_invalid", "from");
    kita.get(&path).await.refused(404, "resource_missing");

    assert_eq!(riverside.get("/v1/ledger/verify").await.ok(200)["ok"], true);
    let id = server.tenant("riverside").id().uuid().as_simple().to_string();
    let id = if site.is_embedded() { format!("x'{id}'") } else { format!("'{id}'") };
    let tampered = format!(
        "UPDATE ledger_accounts SET balance = balance + 1 \
         WHERE code = 'fee_income' AND tenant_id = {id}"
    );
    site.try_run(&tampered).await.expect("whoever owns the database can");
    let found = riverside.get("/v1/ledger/verify").await.ok(200);
    assert_eq!(
        (&found["ok"], &found["wrong_accounts"]),
        (&false.into(), &json!([account["account"]]))
    );
    assert_eq!(kita.get("/v1/ledger/verify").await.ok(200)["ok"], true);
}
