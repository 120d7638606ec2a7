//! Transactions of a month: to the last one the plan allows, and not one more.

use std::slice::from_ref;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenancy_core::usage::Month;
use tenancy_core::{Clock as _, SystemClock};
use tokio::task::JoinSet;

use super::{MOVABLE, UNLIMITED, confirm, ledger_adds_up, made};
use crate::harness::{Answer, Client, Server, Site, on_both_stacks};
use crate::http::token;

on_both_stacks!(
    a_whole_minute_is_served_to_the_last_transaction,
    nodes_together_never_exceed_a_quota,
    each_threshold_is_told_once,
    what_is_refused_was_not_made,
    a_new_month_begins_with_nothing_used,
    a_larger_plan_holds_within_a_second,
);

/// Lets a bank have had so many transactions this month.
async fn used(site: &Site, server: &Server, slug: &str, count: u32) {
    let id = server.tenant(slug).id().uuid().as_simple().to_string();
    let id = if site.is_embedded() { format!("x'{id}'") } else { format!("'{id}'") };
    let month = Month::of(SystemClock.now());
    let row = format!(
        "INSERT INTO transaction_months (tenant_id, month, used) VALUES ({id}, '{month}', {count})"
    );
    site.try_run(&row).await.expect("the row is new");
}

/// Makes a payment and confirms it in one request.
async fn pay(bank: &Client, key: &str) -> Answer {
    let order = json!({
        "amount": 1_000, "currency": "USD", "confirm": true, "payment_method": "pm_card",
    });
    bank.pay(key, &order).await
}

/// Pays so often at once, by several callers in turn. Returns the answers.
async fn at_once(callers: &[Client], times: usize) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for number in 0..times {
        let bank = callers[number % callers.len()].clone();
        running.spawn(async move { pay(&bank, &format!("at-once-{number}")).await });
    }
    running.join_all().await
}

fn split(answers: Vec<Answer>) -> (Vec<Answer>, Vec<Answer>) {
    answers.into_iter().partition(|answer| answer.status == 201)
}

/// PJ9.1 and PJ9.2: 52 are left of 1,000, and the minute has 60.
async fn a_whole_minute_is_served_to_the_last_transaction(site: &Site) {
    let server = site.serve(&[]).await;
    used(site, &server, "riverside", 948).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let before = site.rows("payments").await;
    let (made, refused) = split(at_once(from_ref(&riverside), 60).await);
    assert_eq!((made.len(), refused.len()), (52, 8), "{refused:?}");
    for answer in &made {
        assert_eq!(answer.json()["state"], "succeeded");
    }
    for answer in &refused {
        let problem = answer.refused(429, "quota_exceeded");
        assert_eq!((&problem["limit"], &problem["left"]), (&1_000.into(), &0.into()), "{problem}");
        // Not before the month's end.
        let wait: i64 = answer.header("retry-after").parse().expect("seconds");
        let now = SystemClock.now();
        let left = (Month::of(now).end() - now).whole_seconds();
        assert!((left..=left + 60).contains(&wait), "{wait} of {left}");
    }
    assert_eq!(site.rows("payments").await, before + 52, "what is refused is not made");
    let late = pay(&riverside, "late").await;
    late.refused(429, "rate_limited");
    assert!(late.headers.contains_key("ratelimit"), "{late:?}");
    assert!(late.headers.contains_key("retry-after"), "{late:?}");
    // Spread over other routes it is no more.
    for path in ["/v1/customers", "/v1/refunds", "/v1/usage", "/v1/ledger/accounts"] {
        riverside.get(path).await.refused(429, "rate_limited");
    }
    // A trial counts for the rate too, and another bank for itself.
    server.test_client("riverside").get("/v1/payments").await.refused(429, "rate_limited");
    pay(&kita, "free").await.ok(201);
    let usage = kita.get("/v1/usage").await.ok(200);
    assert_eq!((&usage["usage"][2]["used"], &usage["alerts"]), (&1.into(), &json!([])));
}

/// P43, over two processes.
async fn nodes_together_never_exceed_a_quota(site: &Site) {
    let (one, other) = (site.serve(&UNLIMITED).await, site.serve(&UNLIMITED).await);
    used(site, &one, "riverside", 990).await;
    used(site, &one, "nordhafen", 49_999).await;
    for (slug, left) in [("riverside", 10), ("nordhafen", 1)] {
        let nodes = [one.client(slug), other.client(slug)];
        let (made, refused) = split(at_once(&nodes, 64).await);
        assert_eq!(made.len(), left, "{refused:?}");
        for answer in &refused {
            answer.refused(429, "quota_exceeded");
        }
        let usage = nodes[0].get("/v1/usage").await.ok(200);
        assert_eq!(usage["usage"][2]["used"], usage["usage"][2]["limit"], "{usage}");
        ledger_adds_up(&nodes[1]).await;
    }
}

/// P44 and PJ9.4.
async fn each_threshold_is_told_once(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    used(site, &server, "riverside", 798).await;
    used(site, &server, "nordhafen", 49_998).await;
    let (riverside, nordhafen) = (server.client("riverside"), server.client("nordhafen"));
    let told = async |bank: &Client| -> Vec<Value> {
        let usage = bank.get("/v1/usage").await.ok(200);
        let alerts = usage["alerts"].as_array().expect("a list");
        alerts.iter().map(|alert| alert["threshold"].clone()).collect()
    };
    pay(&riverside, "799").await.ok(201);
    assert!(told(&riverside).await.is_empty());
    pay(&riverside, "800").await.ok(201);
    assert_eq!(told(&riverside).await, [80]);
    let (made, _) = split(at_once(from_ref(&riverside), 20).await);
    assert_eq!(made.len(), 20);
    assert_eq!(told(&riverside).await, [80]);
    assert!(told(&nordhafen).await.is_empty(), "it has not counted yet");
    let (made, _) = split(at_once(from_ref(&nordhafen), 8).await);
    assert_eq!(made.len(), 2);
    assert_eq!(told(&nordhafen).await, [80, 100]);
    assert_eq!(site.rows("quota_alerts").await, 3);
}

async fn what_is_refused_was_not_made(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    used(site, &server, "riverside", 999).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let open = made(&riverside, "open", &json!({})).await;
    pay(&riverside, "last").await.ok(201);
    let refused = pay(&riverside, "again").await;
    refused.refused(429, "quota_exceeded");
    // A key that came to nothing is free, and what was made before waits as it was.
    pay(&riverside, "again").await.refused(429, "quota_exceeded");
    confirm(&riverside, &open, "open", "pm_card").await.refused(429, "quota_exceeded");
    assert_eq!(riverside.get(&open).await.ok(200)["state"], "requires_confirmation");
    let attempts = riverside.get(&format!("{open}/attempts")).await.ok(200);
    assert_eq!(attempts["data"], json!([]));
    // What counts is answered again, and counts once.
    let first = pay(&kita, "same").await;
    let again = pay(&kita, "same").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    crate::journey::usage::of(&kita, "transactions", 1).await;
    // A trial has no quota; what is declined counts.
    pay(&server.test_client("riverside"), "trial").await.ok(201);
    let poor = json!({
        "amount": 1, "currency": "USD", "confirm": true, "payment_method": "pm_declined_poor",
    });
    assert_eq!(kita.pay("poor", &poor).await.ok(201)["state"], "failed");
    crate::journey::usage::of(&kita, "transactions", 2).await;
    for (half, param) in [
        (json!({ "amount": 1, "currency": "USD", "confirm": true }), "payment_method"),
        (json!({ "amount": 1, "currency": "USD", "payment_method": "pm_card" }), "confirm"),
    ] {
        kita.pay("half", &half).await.refused_field("field_invalid", param);
    }
    // Another bank's month is nobody's business.
    kita.get("/v1/usage?tenant=riverside").await.refused(403, "tenant_mismatch");
    let own = kita.get("/v1/usage?tenant=kita").await.ok(200);
    assert_eq!(own["usage"][2]["used"], 2);
    let last = kita.get("/v1/usage?month=2020-01").await.ok(200);
    assert_eq!((&last["month"], &last["usage"][2]["used"]), (&"2020-01".into(), &0.into()));
    kita.get("/v1/usage?month=soon").await.refused_field("parameter_invalid", "month");
}

/// PJ9.5, on a clock that is moved.
async fn a_new_month_begins_with_nothing_used(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    used(site, &server, "riverside", 1_000).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    pay(&kita, "before").await.ok(201);
    pay(&riverside, "before").await.refused(429, "quota_exceeded");
    let now = SystemClock.now();
    let month = Month::of(now);
    let left = Duration::try_from(month.end() - now).expect("it is still to come");
    server.advance(left + Duration::from_mins(1)).await;
    pay(&riverside, "after").await.ok(201);
    let usage = riverside.get("/v1/usage").await.ok(200);
    assert_eq!(
        (&usage["month"], &usage["usage"][2]["used"]),
        (&month.next().to_string().into(), &1.into())
    );
    assert_eq!(usage["alerts"], json!([]));
    // Readable for long after.
    server.advance(Duration::from_hours(24 * 90)).await;
    for (bank, used) in [(&riverside, 1_000), (&kita, 1)] {
        let last = bank.get(&format!("/v1/usage?month={month}")).await.ok(200);
        assert_eq!(last["usage"][2]["used"], used, "{last}");
    }
}

/// PJ9.6 and PJ9.8, over two processes.
async fn a_larger_plan_holds_within_a_second(site: &Site) {
    let options = [&UNLIMITED[..], &["--jwt-secret", token::SECRET]].concat();
    let (one, other) = (site.serve(&options).await, site.serve(&options).await);
    used(site, &one, "riverside", 1_000).await;
    let nodes = [one.client("riverside"), other.client("riverside")];
    for (at, node) in nodes.iter().enumerate() {
        pay(node, &format!("small-{at}")).await.refused(429, "quota_exceeded");
    }
    let larger = json!({ "plan": "professional" });
    let operator = token::in_role(&nodes[0], "riverside", "operator").await;
    operator.post("/v1/plan/change", &larger).await.refused(403, "permission_denied");
    let none = json!({ "plan": "free" });
    nodes[0].post("/v1/plan/change", &none).await.refused_field("plan_unknown", "plan");
    let foreign = json!({ "plan": "professional", "tenant_id": "kita" });
    nodes[0].post("/v1/plan/change", &foreign).await.refused(403, "tenant_mismatch");
    nodes[0].post("/v1/plan/change", &larger).await.ok(200);
    let changed = Instant::now();
    for (at, node) in nodes.iter().enumerate() {
        let mut tries = 0;
        while pay(node, &format!("large-{at}-{tries}")).await.status != 201 {
            assert!(changed.elapsed() < Duration::from_secs(1), "node {at} has not heard of it");
            tries += 1;
        }
        assert_eq!(node.get("/v1/plan").await.ok(200)["plan"], "professional");
    }
    let kita = one.client("kita").get("/v1/plan").await.ok(200);
    assert_eq!(
        (&kita["plan"], &kita["limits"]["transactions"]),
        (&"enterprise".into(), &Value::Null)
    );
}
