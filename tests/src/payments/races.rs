//! Many at once at one payment, and at one account.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{UNLIMITED, authorized, balance, capture, confirm, ledger_adds_up, made, refund};
use crate::harness::{Answer, Client, Site, on_both_stacks};

on_both_stacks!(
    parts_at_once_never_take_more_than_there_is,
    confirmations_at_once_ask_a_provider_once,
    captures_of_one_account_do_not_stop_each_other,
);

/// P9 and P16: twenty want a tenth each.
async fn parts_at_once_never_take_more_than_there_is(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let path = authorized(&bank, "shared").await;
        let (taken, refused) = at_once(&bank, &path, |bank, path, key| async move {
            capture(&bank, &path, &format!("capture-{key}"), 1_000).await
        })
        .await;
        assert_eq!(taken.len(), 10, "{refused:?}");
        for answer in refused {
            assert!([409, 422].contains(&answer.status), "{answer:?}");
        }
        assert_eq!(bank.get(&path).await.ok(200)["amount_captured"], 10_000);

        let (given, refused) = at_once(&bank, &path, |bank, path, key| async move {
            refund(&bank, &path, &format!("refund-{key}"), 1_000).await
        })
        .await;
        assert_eq!(given.len(), 10, "{refused:?}");
        for answer in refused {
            assert!([409, 422].contains(&answer.status), "{answer:?}");
        }
        for answer in given {
            super::is_refunded(&bank, &answer.ok(201)).await;
        }
        assert_eq!(bank.get(&path).await.ok(200)["amount_refunded"], 10_000);
        assert_eq!(balance(&bank, "merchant_available").await.1, 0);
        ledger_adds_up(&bank).await;
    }
}

/// P13: twenty keys, one attempt.
async fn confirmations_at_once_ask_a_provider_once(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let path = made(&bank, "one", &json!({})).await;
        let (paid, refused) = at_once(&bank, &path, |bank, path, key| async move {
            confirm(&bank, &path, &format!("confirm-{key}"), "pm_card").await
        })
        .await;
        assert_eq!(paid.len(), 1, "{paid:?}");
        for answer in refused {
            assert_eq!(answer.status, 409, "{answer:?}");
        }
        let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
        assert_eq!(attempts["data"].as_array().map(Vec::len), Some(1));
        ledger_adds_up(&bank).await;
    }
}

/// Payments of each of two banks that are captured at once.
const CAPTURES: usize = 250;

async fn captures_of_one_account_do_not_stop_each_other(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "kita"].map(|slug| server.client(slug));
    let mut paths = Vec::new();
    let mut before = Vec::new();
    for bank in &banks {
        before.push(balance(bank, "psp_receivable").await.0);
        let mut running = JoinSet::new();
        for number in 0..CAPTURES {
            let bank = bank.clone();
            running.spawn(async move { authorized(&bank, &format!("of-{number}")).await });
        }
        paths.push(running.join_all().await);
    }
    let mut running = JoinSet::new();
    for (bank, paths) in banks.iter().zip(paths) {
        for path in paths {
            running.spawn(captured(bank.clone(), path));
        }
    }
    running.join_all().await;
    let all = i64::try_from(CAPTURES).expect("a small number") * 10_000;
    for (bank, before) in banks.iter().zip(before) {
        assert_eq!(balance(bank, "psp_receivable").await.0, before + all);
        ledger_adds_up(bank).await;
    }
}

/// Captures all of a payment, as a caller does whom a busy server asks to come again.
async fn captured(bank: Client, path: String) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(2) {
        let answer = capture(&bank, &path, &path[17..], 10_000).await;
        let payment = match answer.status {
            503 => None,
            409 => {
                answer.refused(409, "idempotency_key_in_use");
                None
            }
            202 => Some(bank.get(&path).await.ok(200)),
            _ => Some(answer.ok(200)),
        };
        if payment.is_some_and(|payment| payment["state"] == "succeeded") {
            return;
        }
        // As `retry-after` asks, about.
        sleep(Duration::from_millis(500)).await;
    }
    panic!("not captured in two minutes: {path}");
}

/// Twenty of the same, with keys of their own: those that were done, and those that were not.
async fn at_once<F>(
    bank: &Client,
    path: &str,
    request: impl Fn(Client, String, usize) -> F,
) -> (Vec<Answer>, Vec<Answer>)
where
    F: Future<Output = Answer> + Send + 'static,
{
    let requests = (0..20).map(|key| request(bank.clone(), path.to_owned(), key));
    let running: JoinSet<_> = requests.collect();
    running.join_all().await.into_iter().partition(|answer| answer.status < 300)
}
