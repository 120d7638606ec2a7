//! What is signed is taken once, and waited for where it comes too early.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SECRET, Source, event, inbound_is, silent, state_is};
use crate::harness::{Site, eventually, on_both_stacks};
use crate::payments::{MOVABLE, confirm, ledger_adds_up, made};

on_both_stacks!(
    what_is_signed_is_applied_once,
    what_differs_moves_nothing,
    what_is_not_there_yet_is_waited_for,
    the_opposite_of_what_is_known_is_for_a_person,
    a_trials_source_speaks_of_trials,
);

/// PJ7.1 and PJ7.5.
async fn what_is_signed_is_applied_once(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    for (slug, scheme, secret) in
        [("riverside", "standard_webhooks", SECRET), ("kita", "stripe", "a_secret_of_the_provider")]
    {
        let bank = server.client(slug);
        let source = Source::make(&bank, slug, scheme, secret).await;
        let (path, attempt) = silent(&bank, "paid").await;
        let entries = site.rows("journal_entries").await;
        let said = event("evt_1", &attempt, "succeeded", 10_000);
        let first = source.say(&server, &said).await.ok(200);
        assert_eq!(first, json!({ "accepted": 1, "duplicates": 0 }));
        state_is(&bank, &path, "succeeded").await;
        inbound_is(&bank, "applied").await;
        for older in ["succeeded", "pending"] {
            let again = source.say(&server, &event("evt_1", &attempt, older, 10_000)).await.ok(200);
            assert_eq!(again, json!({ "accepted": 0, "duplicates": 1 }), "an id is one event");
        }
        let late = source.say(&server, &event("evt_0", &attempt, "pending", 10_000)).await;
        assert_eq!(late.ok(200)["accepted"], 1);
        inbound_is(&bank, "applied").await;
        assert_eq!(bank.get(&path).await.ok(200)["state"], "succeeded");
        assert_eq!(site.rows("journal_entries").await, entries + 1);
        // Many in one request, about nothing of ours.
        let many: Vec<_> =
            (0..100).map(|at| json!({ "id": format!("n{at}"), "type": "customer.seen" })).collect();
        let many = source.say(&server, &json!({ "events": many })).await.ok(200);
        assert_eq!(many, json!({ "accepted": 100, "duplicates": 0 }));
        inbound_is(&bank, "ignored").await;
        ledger_adds_up(&bank).await;
    }
    // P35: held by the database, whoever writes.
    let twice = "UPDATE inbound_events SET external_id = 'evt_1'";
    let refused = site.try_run(twice).await;
    assert!(matches!(refused, Err(sqlx::Error::Database(_))), "{refused:?}");
}

/// PJ7.8.
async fn what_differs_moves_nothing(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let source = Source::make(&bank, slug, "standard_webhooks", SECRET).await;
        let (path, attempt) = silent(&bank, "short").await;
        let entries = site.rows("journal_entries").await;
        source.say(&server, &event("evt_1", &attempt, "succeeded", 9_999)).await.ok(200);
        state_is(&bank, &path, "conflicted").await;
        // Later news does not settle it: a person does.
        source.say(&server, &event("evt_2", &attempt, "succeeded", 10_000)).await.ok(200);
        inbound_is(&bank, "applied").await;
        assert_eq!(bank.get(&path).await.ok(200)["state"], "conflicted");
        assert_eq!(site.rows("journal_entries").await, entries);
    }
}

/// PJ7.7, and what is never there.
async fn what_is_not_there_yet_is_waited_for(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let source = Source::make(&riverside, "riverside", "standard_webhooks", SECRET).await;
    let (path, attempt) = silent(&riverside, "early").await;
    let away = "CREATE TABLE kept AS SELECT * FROM attempts WHERE state = 'unknown';
        DELETE FROM attempts WHERE state = 'unknown';";
    site.try_run(away).await.expect("the attempt is not there yet");
    source.say(&server, &event("evt_1", &attempt, "succeeded", 10_000)).await.ok(200);
    let parked = inbound_is(&riverside, "parked").await;
    assert_eq!(parked["last_error"], "request_unknown");
    let back = "INSERT INTO attempts SELECT * FROM kept; DROP TABLE kept;";
    site.try_run(back).await.expect("now it is");
    server.advance(Duration::from_secs(6)).await;
    inbound_is(&riverside, "applied").await;
    state_is(&riverside, &path, "succeeded").await;

    // Of another bank it is not there for good.
    let theirs = Source::make(&kita, "kita", "standard_webhooks", SECRET).await;
    theirs.say(&server, &event("evt_1", &attempt, "declined", 10_000)).await.ok(200);
    for _ in 0..9 {
        let tries = inbound_is(&kita, "parked").await["tries"].clone();
        server.advance(Duration::from_hours(25)).await;
        eventually("it is tried again", async || {
            kita.get("/v1/inbound-events?limit=1").await.ok(200)["data"][0]["tries"] != tries
        })
        .await;
    }
    let dead = inbound_is(&kita, "dead").await;
    assert_eq!((&dead["tries"], &dead["last_error"]), (&10.into(), &"request_unknown".into()));
    let id = dead["id"].as_str().expect("an id");
    kita.post(&format!("/v1/inbound-events/{id}/reprocess"), &json!({})).await.ok(202);
    assert_eq!(inbound_is(&kita, "parked").await["tries"], 1);
    assert_eq!(riverside.get(&path).await.ok(200)["state"], "succeeded");
}

/// Money that moved although it was refused, or the other way round: nothing changes, and somebody
/// has to look at it.
async fn the_opposite_of_what_is_known_is_for_a_person(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let source = Source::make(&bank, slug, "stripe", "a_secret_of_the_provider").await;
        let entries = site.rows("journal_entries").await;
        let (refused, attempt) = silent(&bank, "refused").await;
        source.say(&server, &event("evt_1", &attempt, "declined", 10_000)).await.ok(200);
        state_is(&bank, &refused, "failed").await;
        source.say(&server, &event("evt_2", &attempt, "succeeded", 10_000)).await.ok(200);
        let dead = inbound_is(&bank, "dead").await;
        assert_eq!((&dead["last_error"], &dead["tries"]), (&"contradicts".into(), &1.into()));
        let waits = bank.get("/v1/inbound-events/dead").await.ok(200);
        assert_eq!(waits["data"], Value::Array(vec![dead]));
        assert_eq!(bank.get(&refused).await.ok(200)["state"], "failed");
        assert_eq!(site.rows("journal_entries").await, entries);

        let paid = made(&bank, "paid", &json!({})).await;
        confirm(&bank, &paid, "paid", "pm_card").await.ok(200);
        let attempts = bank.get(&format!("{paid}/attempts")).await.ok(200);
        let attempt = attempts["data"][0]["id"].as_str().expect("an id").to_owned();
        source.say(&server, &event("evt_3", &attempt, "declined", 10_000)).await.ok(200);
        let newest: Value = inbound_is(&bank, "dead").await;
        assert_eq!(newest["external_id"], "evt_3");
        assert_eq!(bank.get(&paid).await.ok(200)["state"], "succeeded");
        ledger_adds_up(&bank).await;
    }
}

/// The two worlds of a bank have one address, and each its own sources.
async fn a_trials_source_speaks_of_trials(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    for slug in ["riverside", "kita"] {
        let (live, trial) = (server.client(slug), server.test_client(slug));
        let of_live = Source::make(&live, slug, "standard_webhooks", SECRET).await;
        let of_trial = Source::make(&trial, slug, "standard_webhooks", SECRET).await;
        let (path, attempt) = silent(&trial, "trial").await;
        let said = event("evt_1", &attempt, "succeeded", 10_000);
        of_live.say(&server, &said).await.ok(200);
        assert_eq!(inbound_is(&live, "parked").await["last_error"], "request_unknown");
        assert_eq!(trial.get(&path).await.ok(200)["state"], "unknown");
        assert_eq!(trial.get("/v1/inbound-events").await.ok(200)["data"], Value::Array(vec![]));
        of_trial.say(&server, &said).await.ok(200);
        inbound_is(&trial, "applied").await;
        state_is(&trial, &path, "succeeded").await;
        for (client, source) in [(&live, &of_trial), (&trial, &of_live)] {
            let id = source.path.rsplit('/').next().expect("an id");
            let elsewhere = client.get(&format!("/v1/inbound-sources/{id}")).await;
            elsewhere.refused(404, "resource_missing");
        }
    }
}
