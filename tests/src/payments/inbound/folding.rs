//! P36: what becomes of a payment does not depend on the order in which events come, nor on how often.

use std::time::Duration;

use serde_json::json;

use super::{SECRET, Source, event, silent, state_is};
use crate::harness::{Site, eventually, on_both_stacks};
use crate::payments::{MOVABLE, ledger_adds_up};

on_both_stacks!(order_and_number_change_nothing);

/// P36: whatever the order and however often, the end is the same.
async fn order_and_number_change_nothing(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    let entries = site.rows("journal_entries").await;
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut throw = |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % below as u64).expect("it is small")
    };
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let source = Source::make(&bank, slug, "standard_webhooks", SECRET).await;
        let keys: Vec<_> = (0..8).map(|at| format!("any-{at}")).collect();
        let mut paid = Vec::new();
        for key in &keys {
            paid.push(silent(&bank, key));
        }
        let mut outcomes = Vec::new();
        let mut said = Vec::new();
        // Together: each waits for two seconds.
        for (at, (path, attempt)) in join_all(paid).await.into_iter().enumerate() {
            let outcome = if at % 3 == 2 { "declined" } else { "succeeded" };
            outcomes.push((path, if outcome == "declined" { "failed" } else { "succeeded" }));
            for status in ["pending", outcome, "pending"] {
                let id = format!("evt_{at}_{}", said.len());
                for _ in 0..=throw(3) {
                    said.push(event(&id, &attempt, status, 10_000));
                }
            }
        }
        for at in (1..said.len()).rev() {
            said.swap(at, throw(at + 1));
        }
        while !said.is_empty() {
            // Some at once, some in one request.
            let mut part: Vec<_> = said.drain(..(1 + throw(4)).min(said.len())).collect();
            part.sort_by_key(|event| event["id"].to_string());
            part.dedup_by_key(|event| event["id"].to_string());
            source.say(&server, &json!({ "events": part })).await.ok(200);
        }
        for (path, state) in &outcomes {
            state_is(&bank, path, state).await;
        }

        // Refunds that were made at the provider: some of their events wait for others.
        let paid = outcomes.iter().filter(|(_, state)| *state == "succeeded");
        let mut said = Vec::new();
        for (at, (path, _)) in paid.clone().enumerate() {
            let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
            let payment = attempts["data"][0]["provider_reference"].clone();
            let told = [
                ("created", Some(payment), "pending"),
                ("updated", None, "pending"),
                ("succeeded", None, "succeeded"),
            ];
            for (kind, payment, status) in told {
                let data = json!({ "refund": format!("re_{at}"), "payment": payment,
                    "status": status, "amount": 1_000, "currency": "USD" });
                let id = format!("evt_refund_{at}_{kind}");
                for _ in 0..=throw(3) {
                    said.push(json!({ "id": id, "type": format!("refund.{kind}"), "data": data }));
                }
            }
        }
        for at in (1..said.len()).rev() {
            said.swap(at, throw(at + 1));
        }
        for one in &said {
            source.say(&server, one).await.ok(200);
        }
        server.advance(Duration::from_secs(6)).await;
        for (path, _) in paid {
            eventually("it is given back once", async || {
                bank.get(path).await.ok(200)["amount_refunded"] == 1_000
            })
            .await;
        }
        ledger_adds_up(&bank).await;
    }
    // Of eight of each bank two were refused, and the others given back in part.
    assert_eq!(site.rows("journal_entries").await, entries + 24);
}

async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<_> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
