//! Sessions: opened by a password, good at one tenant, ended for certain.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::{Browser, PASSWORD, UNLIMITED, ended};
use crate::harness::{Site, on_both_stacks};

on_both_stacks!(
    a_session_is_good_at_its_tenant_until_it_ends,
    guessing_is_slowed_down_and_tells_nothing,
);

async fn a_session_is_good_at_its_tenant_until_it_ends(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let riverside = Browser::demo(&server, "riverside", "owner").await;
    let me = riverside.get("/v1/me").await.ok(200);
    assert_eq!((&me["kind"], &me["tenant"]), (&"user".into(), &"riverside".into()));
    riverside.get("/v1/payments").await.ok(200);

    // The same cookie at another tenant's host, or beside its name: refused, and no redirect.
    let moved = riverside.moved_to(&server, "kita");
    moved.get("/v1/payments").await.refused(403, "tenant_mismatch");
    moved.try_sign_in("owner@kita.example", PASSWORD).await.refused(403, "tenant_mismatch");
    let named = riverside.request(Method::GET, "/v1/payments").header("x-tenant-id", "kita");
    riverside.send(named).await.refused(403, "tenant_mismatch");

    // Another site makes the browser ask.
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ] {
        let forged = riverside.request(Method::POST, "/v1/customers").header(name, value);
        let forged = forged.json(&json!({ "name": "Eve" }));
        riverside.send(forged).await.refused(401, "credential_invalid");
    }
    riverside.post("/v1/customers", &json!({ "name": "Ada" })).await.ok(201);

    // Each sign-in draws a new secret, and the one before it in this browser ends.
    let mut again = riverside.clone();
    again.sign_in("owner@riverside.example", PASSWORD).await.ok(200);
    assert_ne!(again.cookie, riverside.cookie);
    ended("the older session", async || riverside.get("/v1/me").await.status).await;
    let elsewhere = Browser::demo(&server, "riverside", "owner").await;
    let kita = Browser::demo(&server, "kita", "owner").await;

    let gone = again.post("/v1/auth/logout", &json!({})).await;
    assert_eq!(gone.status, 204);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    ended("the session", async || again.get("/v1/me").await.status).await;
    elsewhere.get("/v1/me").await.ok(200);

    let third = Browser::demo(&server, "riverside", "owner").await;
    let admin = Browser::demo(&server, "riverside", "admin").await;
    assert_eq!(third.post("/v1/auth/logout-all", &json!({})).await.status, 204);
    for one in [&third, &elsewhere] {
        ended("all sessions", async || one.get("/v1/me").await.status).await;
    }
    admin.get("/v1/me").await.ok(200);
    kita.get("/v1/me").await.ok(200);
    assert_eq!(site.rows("sign_ins").await, site.rows("tenancy_sessions").await);
}

async fn guessing_is_slowed_down_and_tells_nothing(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let (riverside, kita) = (Browser::at(&server, "riverside"), Browser::at(&server, "kita"));
    let wrong = riverside.try_sign_in("owner@riverside.example", "a wrong password").await;
    wrong.refused(401, "sign_in_refused");
    // No account, no member here, a removed spelling: the same answer.
    for (email, password) in [
        ("nobody@riverside.example", PASSWORD),
        ("owner@kita.example", PASSWORD),
        ("owner@riverside.example", ""),
        ("owner@riverside.example", "A Demo Password"),
    ] {
        let answer = riverside.try_sign_in(email, password).await;
        assert_eq!(answer.alike(), wrong.alike(), "{email}");
    }
    // Ten tries for an account, at whichever host, whether it is there or not.
    for email in ["operator@riverside.example", "nobody2@riverside.example"] {
        for at in [&riverside, &kita, &riverside, &kita, &riverside] {
            for _ in 0..2 {
                at.try_sign_in(email, "a wrong password").await.refused(401, "sign_in_refused");
            }
        }
        for at in [&riverside, &kita] {
            let slowed = at.try_sign_in(email, PASSWORD).await;
            slowed.refused(429, "too_many_attempts");
            assert!(slowed.header("retry-after").parse::<u64>().expect("seconds") > 60);
        }
    }
    // Others are not slowed down, and who is right begins anew.
    let mut admin = riverside.clone();
    for _ in 0..12 {
        admin.cookie = None;
        admin.sign_in("admin@riverside.example", PASSWORD).await.ok(200);
    }
}

/// Nobody works with it for half an hour; somebody does, but for half a day.
#[tokio::test]
async fn a_session_ends_by_itself() {
    let site = Site::create(crate::harness::Stack::Embedded).await;
    let server = site.serve(&[UNLIMITED[0], UNLIMITED[1], "--demo-clock"]).await;
    let riverside = Browser::demo(&server, "riverside", "operator").await;
    let kita = Browser::demo(&server, "kita", "operator").await;
    for _ in 0..6 {
        server.advance(Duration::from_mins(20)).await;
        keeps(&riverside).await;
    }
    kita.get("/v1/me").await.refused(401, "credential_required");
    for _ in 0..29 {
        server.advance(Duration::from_mins(20)).await;
        keeps(&riverside).await;
    }
    server.advance(Duration::from_mins(21)).await;
    riverside.get("/v1/me").await.refused(401, "credential_required");
}

/// Works with a session. That it is kept is heard by the node a moment later.
async fn keeps(browser: &Browser) {
    browser.get("/v1/me").await.ok(200);
    tokio::task::yield_now().await;
    browser.get("/v1/me").await.ok(200);
}
