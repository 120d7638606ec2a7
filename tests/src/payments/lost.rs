//! Answers of providers that are lost, late, or other than what was asked.

use serde_json::{Value, json};

use super::{UNLIMITED, authorized, capture, confirm, ledger_adds_up, made, refund};
use crate::harness::{Client, Site, eventually, on_both_stacks};

on_both_stacks!(
    what_was_done_and_not_answered_is_found_out,
    what_differs_from_what_was_asked_moves_nothing,
    what_is_refused_may_be_tried_again,
    what_was_begun_before_a_kill_is_finished_after_it,
);

async fn what_was_done_and_not_answered_is_found_out(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "kita"].map(|slug| server.client(slug));
    let entries = site.rows("journal_entries").await;
    for bank in &banks {
        let path = made(bank, "slow", &json!({})).await;
        let first = confirm(bank, &path, "slow", "pm_hangs").await;
        let unknown: Value = first.ok(202);
        assert_eq!(
            (&unknown["state"], &unknown["amount_captured"]),
            (&"unknown".into(), &0.into())
        );
        let again = confirm(bank, &path, "slow", "pm_hangs").await;
        assert_eq!((again.status, &again.body), (202, &first.body), "nobody is asked twice");
        state_is(bank, &path, "succeeded").await;

        let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
        assert_eq!(attempts["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(attempts["data"][0]["state"], "authorized");
        // What was answered stays what it was.
        assert_eq!(confirm(bank, &path, "slow", "pm_hangs").await.body, first.body);
        refund(bank, &path, "back", 1_000).await.ok(201);
        ledger_adds_up(bank).await;
    }
    eventually("both refunds are in the ledger", async || {
        site.rows("journal_entries").await == entries + 4
    })
    .await;
}

/// While a provider may have taken the money, nobody else is asked and nothing is canceled.
async fn what_differs_from_what_was_asked_moves_nothing(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let entries = site.rows("journal_entries").await;
        let path = made(&bank, "short", &json!({})).await;
        let answer = confirm(&bank, &path, "short", "pm_short").await.ok(200);
        assert_eq!(
            (&answer["state"], &answer["amount_captured"]),
            (&"conflicted".into(), &0.into())
        );
        confirm(&bank, &path, "again", "pm_card").await.refused(409, "payment_state");
        bank.post(&format!("{path}/cancel"), &json!({}))
            .await
            .refused(409, "payment_not_cancelable");
        capture(&bank, &path, "take", 1).await.refused(409, "payment_state");
        refund(&bank, &path, "back", 1).await.refused_field("refund_exceeds_captured", "amount");
        assert_eq!(site.rows("journal_entries").await, entries);
    }
}

async fn what_is_refused_may_be_tried_again(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let path = made(&bank, "poor", &json!({})).await;
        let refused = confirm(&bank, &path, "poor", "pm_declined_insufficient_funds").await.ok(200);
        assert_eq!(refused["state"], "failed");
        assert_eq!(refused["failure_code"], "insufficient_funds");
        let paid = confirm(&bank, &path, "rich", "pm_card").await.ok(200);
        assert_eq!((&paid["state"], &paid["failure_code"]), (&"succeeded".into(), &Value::Null));
        let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
        let states: Vec<_> = attempts["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|attempt| attempt["state"].as_str().expect("a state"))
            .collect();
        assert_eq!(states, ["authorized", "declined"], "the newest first");
        ledger_adds_up(&bank).await;
    }
}

/// The provider of these tests forgets what it did when the program ends: then an attempt is asked
/// for until it can no more arrive, and a refund is asked for anew.
async fn what_was_begun_before_a_kill_is_finished_after_it(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let mut refunds = Vec::new();
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let path = authorized(&bank, "kept").await;
        capture(&bank, &path, "all", 10_000).await.ok(200);
        for part in 0..5 {
            let promised = refund(&bank, &path, &format!("part-{part}"), 100).await.ok(201);
            refunds.push((slug, promised["id"].as_str().expect("an id").to_owned()));
        }
    }
    server.kill().await;
    let server = site.serve(&UNLIMITED).await;
    for (slug, refund) in refunds {
        let bank = server.client(slug);
        eventually("the refund is finished", async || {
            bank.get(&format!("/v1/refunds/{refund}")).await.ok(200)["state"] == "succeeded"
        })
        .await;
    }
    for slug in ["riverside", "kita"] {
        ledger_adds_up(&server.client(slug)).await;
    }
}

async fn state_is(bank: &Client, path: &str, state: &str) {
    eventually("the payment is told apart", async || {
        bank.get(path).await.ok(200)["state"] == state
    })
    .await;
}
