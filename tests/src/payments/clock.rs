//! The clock of demonstrations: forward only, by whoever runs the machine.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{MOVABLE, UNLIMITED, made};
use crate::harness::{Answer, Server, Site, on_both_stacks};

on_both_stacks!(time_is_what_the_operator_says, nobody_else_moves_it);

const DAY: Duration = Duration::from_hours(24);

fn now(answer: &Answer) -> OffsetDateTime {
    time_of(&answer.ok(200)["now"])
}

fn time_of(value: &serde_json::Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().expect("a time"), &Rfc3339).expect("a time")
}

async fn time_is_what_the_operator_says(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    let operator = server.operator();
    let before = now(&operator.get("/demo/clock").await);
    server.advance(40 * DAY).await;
    let after = now(&operator.get("/demo/clock").await);
    assert!(after - before >= 40 * DAY && after - before < 41 * DAY, "{before} {after}");
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let path = made(&bank, "later", &json!({})).await;
        let payment = bank.get(&path).await.ok(200);
        assert!(time_of(&payment["created_at"]) >= after, "{payment}");
        let month = bank.get("/v1/usage").await.ok(200)["month"].clone();
        let expected = format!("{}-{:02}", after.year(), u8::from(after.month()));
        assert_eq!(month, expected.as_str(), "usage follows the clock too");
    }
    for backwards in [json!(-1), json!(10 * 366 * 86_400 + 1), json!(1.5), json!("1"), json!(null)]
    {
        let body = json!({ "advance_seconds": backwards });
        operator.post("/demo/clock", &body).await.refused_field("field_invalid", "advance_seconds");
    }
    assert!(now(&operator.get("/demo/clock").await) >= after);
    server.stop().await;

    // The next start may go on from there.
    let server = site.serve(&["--demo-clock=8640000"]).await;
    assert!(now(&server.operator().get("/demo/clock").await) - before >= 100 * DAY);
}

async fn nobody_else_moves_it(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    let before = now(&server.operator().get("/demo/clock").await);
    let body = json!({ "advance_seconds": 86_400 });
    let key = server.announced().operator_key.clone().expect("a key");
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let mut callers = vec![server.stranger(), riverside.clone(), kita.clone()];
    callers.extend(["opkey_", "", &key[..key.len() - 1]].map(|key| riverside.with_credential(key)));
    for caller in callers {
        caller.post("/demo/clock", &body).await.refused(401, "credential_invalid");
        caller.get("/demo/clock").await.refused(401, "credential_invalid");
        // Nor do they learn what a body must be.
        caller.post("/demo/clock", &json!({ "x": 1 })).await.refused(401, "credential_invalid");
    }
    // The key of the machine is no tenant's key.
    kita.with_credential(&key).get("/v1/payments").await.refused(401, "credential_invalid");
    let after = now(&server.operator().get("/demo/clock").await);
    assert!(after - before < DAY);
    assert!(!server.log().contains(&key), "no log has the key");
    server.stop().await;

    let server = site.serve(&UNLIMITED).await;
    assert_eq!(server.announced().operator_key, None);
    let (stranger, random) = (server.stranger(), "opkey_x");
    let caller = stranger.with_credential(random);
    caller.post("/demo/clock", &body).await.refused(404, "route_missing");

    let open = ["--demo-clock", "--no-demo", "--listen", "0.0.0.0:0"].map(str::to_owned);
    let options: Vec<_> = [site.options(), open.to_vec()].concat();
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let said = Server::refuse(&options).await;
    assert!(said.contains("loopback"), "{said}");
}
