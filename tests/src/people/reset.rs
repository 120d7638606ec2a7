//! A new password by mail: good once, at one tenant, and the end of all sessions.

use std::time::Duration;

use serde_json::json;

use super::{Browser, PASSWORD, UNLIMITED, ended, token_for, tokens_for, with_mail};
use crate::harness::{Answer, Site, Stack, eventually, on_both_stacks};

on_both_stacks!(
    a_link_changes_a_password_once,
    a_new_password_ends_sessions_at_all_tenants,
    asking_tells_nothing,
    one_link_in_parallel_is_taken_once,
);

const NEW: &str = "a password of tomorrow";

async fn ask(browser: &Browser, email: &str) {
    let answer = browser.post("/v1/auth/password-reset", &json!({ "email": email })).await;
    assert_eq!((answer.status, answer.text()), (202, ""), "{email}");
}

async fn complete(browser: &Browser, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    browser.post("/v1/auth/password-reset/complete", &body).await
}

/// Asks, and waits for the mail: nobody tells the caller whether there is one.
async fn link(site: &Site, browser: &Browser, email: &str) -> String {
    let before = tokens_for(site, email).len();
    ask(browser, email).await;
    eventually("a mail", async || tokens_for(site, email).len() > before).await;
    token_for(site, email)
}

async fn a_link_changes_a_password_once(site: &Site) {
    let server = with_mail(site).await;
    let (riverside, kita) = (Browser::at(&server, "riverside"), Browser::at(&server, "kita"));
    let email = "admin@riverside.example";
    let session = Browser::demo(&server, "riverside", "admin").await;
    let first = link(site, &riverside, email).await;
    let second = link(site, &riverside, email).await;
    let kitas = link(site, &kita, "admin@kita.example").await;

    let unknown = complete(&riverside, &"x".repeat(43), NEW).await;
    unknown.refused(404, "password_reset_missing");
    for (at, token) in [(&kita, &first), (&riverside, &kitas), (&riverside, &String::new())] {
        assert_eq!(complete(at, token, NEW).await.alike(), unknown.alike());
    }
    // A password that is too short uses nothing up.
    complete(&riverside, &first, "short").await.refused_field("field_invalid", "password");
    assert_eq!(complete(&riverside, &first, NEW).await.status, 204);
    for token in [&first, &second] {
        assert_eq!(
            complete(&riverside, token, "another one entirely").await.alike(),
            unknown.alike()
        );
    }
    riverside.try_sign_in(email, PASSWORD).await.refused(401, "sign_in_refused");
    ended("the session", async || session.get("/v1/me").await.status).await;
    riverside.clone().sign_in(email, NEW).await.ok(200);
    Browser::demo(&server, "kita", "admin").await.get("/v1/me").await.ok(200);
    assert_eq!(site.rows("password_resets").await, 1, "that of Kita");
}

/// One auditor works for two banks: a password is one, wherever it is changed.
async fn a_new_password_ends_sessions_at_all_tenants(site: &Site) {
    let server = with_mail(site).await;
    let email = "auditor@ledgerwise.example";
    let (mut kita, mut nordhafen) =
        (Browser::at(&server, "kita"), Browser::at(&server, "nordhafen"));
    kita.sign_in(email, PASSWORD).await.ok(200);
    nordhafen.sign_in(email, PASSWORD).await.ok(200);
    let owner = Browser::demo(&server, "nordhafen", "owner").await;
    let token = link(site, &kita, email).await;
    let elsewhere = link(site, &nordhafen, email).await;
    assert_eq!(complete(&kita, &token, NEW).await.status, 204);
    for one in [&kita, &nordhafen] {
        ended("the session", async || one.get("/v1/me").await.status).await;
    }
    owner.get("/v1/me").await.ok(200);
    // The other bank's link was for the password that there was.
    let stale = complete(&Browser::at(&server, "nordhafen"), &elsewhere, "a password of Eve").await;
    stale.refused(404, "password_reset_missing");
    let mut again = Browser::at(&server, "nordhafen");
    again.sign_in(email, NEW).await.ok(200);
    assert_eq!(site.rows("sign_ins").await, 2, "of the owner, and of the auditor now");
}

/// No account, no member here, invited only, once too often: the same answer, and no mail.
async fn asking_tells_nothing(site: &Site) {
    let server = with_mail(site).await;
    let kita = Browser::at(&server, "kita");
    let owner = Browser::demo(&server, "kita", "owner").await;
    let invited = super::invitation("mara@people.example", "analyst");
    owner.post("/v1/invitations", &invited).await.ok(201);
    let mails = || std::fs::read_dir(site.mail()).expect("a folder").count();
    let before = mails();
    for email in ["nobody@kita.example", "owner@riverside.example", "mara@people.example"] {
        ask(&kita, email).await;
    }
    // A mail that is sent after these comes after theirs.
    link(site, &kita, "operator@kita.example").await;
    assert_eq!(mails(), before + 1);

    for email in ["nobody2@kita.example", "owner@kita.example"] {
        for _ in 0..10 {
            ask(&kita, email).await;
        }
        let answer = kita.post("/v1/auth/password-reset", &json!({ "email": email })).await;
        answer.refused(429, "too_many_attempts");
    }
    // Whoever asks for somebody locks that person out of nothing.
    Browser::demo(&server, "kita", "owner").await;
}

async fn one_link_in_parallel_is_taken_once(site: &Site) {
    let server = with_mail(site).await;
    let (kita, riverside) = (Browser::at(&server, "kita"), Browser::at(&server, "riverside"));
    let email = "developer@kita.example";
    let token = link(site, &kita, email).await;
    let tries = (0..6).map(|number| {
        let (kita, token) = (kita.clone(), token.clone());
        tokio::spawn(async move {
            let password = format!("a password number {number}");
            (complete(&kita, &token, &password).await.status, password)
        })
    });
    let mut changed = Vec::new();
    for task in tries.collect::<Vec<_>>() {
        match task.await.expect("no panic") {
            (204, password) => changed.push(password),
            (status, _) => assert_eq!(status, 404),
        }
    }
    assert_eq!(changed.len(), 1, "{changed:?}");
    kita.try_sign_in(email, &changed[0]).await.ok(200);
    riverside.try_sign_in(email, &changed[0]).await.refused(401, "sign_in_refused");
}

/// Half an hour, and not a minute longer.
#[tokio::test]
async fn a_link_ends_by_itself() {
    let site = Site::create(Stack::Embedded).await;
    let mail = site.mail().display().to_string();
    let options = [UNLIMITED[0], UNLIMITED[1], "--demo-clock", "--mail-dir", &mail];
    let server = site.serve(&options).await;
    let (kita, riverside) = (Browser::at(&server, "kita"), Browser::at(&server, "riverside"));
    let late = link(&site, &kita, "owner@kita.example").await;
    let good = link(&site, &riverside, "owner@riverside.example").await;
    server.advance(Duration::from_mins(29)).await;
    assert_eq!(complete(&riverside, &good, NEW).await.status, 204);
    server.advance(Duration::from_mins(1)).await;
    complete(&kita, &late, NEW).await.refused(404, "password_reset_missing");
}
