//! The second factor: a sign-in in two steps, with codes that are good once.

use std::time::Duration;

use serde_json::{Value, json};

use super::authenticator::Authenticator;
use super::{Browser, PASSWORD, UNLIMITED, ended};
use crate::harness::{Answer, Server, Site, on_both_stacks};

on_both_stacks!(
    somebody_with_a_second_factor_comes_in_by_two_steps,
    half_a_sign_in_is_no_session,
    a_code_is_good_once,
    codes_are_not_guessed,
    it_is_changed_with_password_and_code,
);

async fn serve(site: &Site) -> Server {
    let mail = site.mail().display().to_string();
    site.serve(&[UNLIMITED[0], UNLIMITED[1], "--demo-clock", "--mail-dir", &mail]).await
}

/// Sets an authenticator up; returns it and the recovery codes.
async fn set_up(server: &Server, browser: &Browser) -> (Authenticator, Vec<String>) {
    let begun = browser.post("/v1/auth/second-factor", &json!({ "password": PASSWORD })).await;
    let begun = begun.ok(201);
    let secret = begun["secret"].as_str().expect("a secret");
    let uri = begun["uri"].as_str().expect("a uri");
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(secret), "{uri}");
    let phone = Authenticator::reading(secret);
    let code = json!({ "code": phone.now(server).await });
    let confirmed = browser.post("/v1/auth/second-factor/confirm", &code).await.ok(200);
    let codes = confirmed["recovery_codes"].as_array().expect("a list").iter();
    (phone, codes.map(|code| code.as_str().expect("a code").to_owned()).collect())
}

/// The first step, and what it answers.
async fn challenge(at: &Browser, email: &str) -> String {
    let answer = at.try_sign_in(email, PASSWORD).await;
    let text = answer.ok(202)["challenge"].as_str().expect("a challenge").to_owned();
    assert!(!answer.headers.contains_key("set-cookie"), "no session yet");
    text
}

async fn verify(at: &Browser, challenge: &str, code: &str) -> Answer {
    let body = json!({ "challenge": challenge, "code": code });
    at.post("/v1/auth/second-factor/verify", &body).await
}

fn proof(code: &str) -> Value {
    json!({ "password": PASSWORD, "code": code })
}

fn signed_in(at: &Browser, answer: &Answer) -> Browser {
    answer.ok(200);
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie");
    at.with_cookie(cookie.to_owned())
}

async fn somebody_with_a_second_factor_comes_in_by_two_steps(site: &Site) {
    let server = serve(site).await;
    let email = "auditor@ledgerwise.example";
    let (mut kita, mut nordhafen) =
        (Browser::at(&server, "kita"), Browser::at(&server, "nordhafen"));
    kita.sign_in(email, PASSWORD).await.ok(200);
    assert_eq!(kita.get("/v1/auth/second-factor").await.ok(200)["enabled"], false);
    let (phone, codes) = set_up(&server, &kita).await;
    let shown = kita.get("/v1/auth/second-factor").await.ok(200);
    assert_eq!((&shown["enabled"], &shown["recovery_codes_left"]), (&true.into(), &10.into()));
    assert_eq!(codes.len(), 10);

    let door = Browser::at(&server, "kita");
    let token = challenge(&door, email).await;
    let inside = signed_in(&door, &verify(&door, &token, &phone.next(&server).await).await);
    assert_eq!(inside.get("/v1/me").await.ok(200)["tenant"], "kita");
    // The token of the first step is used up.
    let again = verify(&door, &token, &phone.next(&server).await).await;
    again.refused(401, "second_factor_refused");

    // Of the two banks that one person works for each has its own.
    nordhafen.sign_in(email, PASSWORD).await.ok(200);
    assert_eq!(nordhafen.get("/v1/auth/second-factor").await.ok(200)["enabled"], false);
    let (other, _) = set_up(&server, &nordhafen).await;
    let (at_kita, at_nordhafen) =
        (challenge(&door, email).await, Browser::at(&server, "nordhafen"));
    let code = other.next(&server).await;
    verify(&door, &at_kita, &code).await.refused(401, "second_factor_refused");
    verify(&at_nordhafen, &at_kita, &code).await.refused(401, "second_factor_refused");
    // Nothing that is kept shows a secret.
    assert_eq!(site.rows("second_factors").await, 2);
    let wrong_password = door.try_sign_in(email, "a wrong password").await;
    wrong_password.refused(401, "sign_in_refused");
}

/// What the first step gives opens nothing, whatever it is shown as.
async fn half_a_sign_in_is_no_session(site: &Site) {
    let server = serve(site).await;
    let owner = Browser::demo(&server, "kita", "owner").await;
    let (phone, _) = set_up(&server, &owner).await;
    let door = Browser::at(&server, "kita");
    let token = challenge(&door, "owner@kita.example").await;
    for name in ["__Host-session=", "__Host-session=ses_"] {
        let half = door.with_cookie(format!("{name}{token}"));
        for path in ["/v1/me", "/v1/payments", "/v1/auth/second-factor"] {
            assert_eq!(half.get(path).await.status, 401, "{path}");
        }
        let begin = half.post("/v1/auth/second-factor", &json!({ "password": PASSWORD })).await;
        assert_eq!(begin.status, 401);
    }
    let bearer = door.request(http::Method::GET, "/v1/payments").bearer_auth(&token);
    assert_eq!(door.send(bearer).await.status, 401);

    // It ends after five minutes, with a new password, and with the membership.
    let late = challenge(&door, "owner@kita.example").await;
    server.advance(Duration::from_mins(5)).await;
    for token in [&token, &late, &"x".repeat(43), &String::new()] {
        let code = phone.now(&server).await;
        verify(&door, token, &code).await.refused(401, "second_factor_refused");
    }
    let admin = Browser::demo(&server, "kita", "admin").await;
    let (admins, _) = set_up(&server, &admin).await;
    let id = admin.get("/v1/me").await.ok(200)["id"].as_str().expect("an id").to_owned();
    let token = challenge(&door, "admin@kita.example").await;
    let owner = {
        let token = challenge(&door, "owner@kita.example").await;
        signed_in(&door, &verify(&door, &token, &phone.next(&server).await).await)
    };
    owner.delete(&format!("/v1/members/{id}")).await.ok(200);
    let removed = verify(&door, &token, &admins.next(&server).await).await;
    removed.refused(401, "second_factor_refused");
    assert_eq!(site.rows("second_factors").await, 1, "that of the owner");
    assert_eq!(site.rows("recovery_codes").await, 10);
    ended("the session", async || admin.get("/v1/me").await.status).await;
    // Another bank's people are not asked for anything.
    Browser::demo(&server, "riverside", "owner").await.get("/v1/me").await.ok(200);
}

async fn a_code_is_good_once(site: &Site) {
    let server = serve(site).await;
    let (kita, riverside) = (Browser::at(&server, "kita"), Browser::at(&server, "riverside"));
    let operator = Browser::demo(&server, "kita", "operator").await;
    let (phone, recovery) = set_up(&server, &operator).await;
    let riversides = Browser::demo(&server, "riverside", "operator").await;
    let (_, others) = set_up(&server, &riversides).await;
    let email = "operator@kita.example";
    // The code that has confirmed it was one.
    let token = challenge(&kita, email).await;
    let confirmed = phone.now(&server).await;
    verify(&kita, &token, &confirmed).await.refused(401, "second_factor_refused");

    // Of many at the same time one is first, each with a challenge of its own.
    let code = phone.next(&server).await;
    for code in [code, recovery[0].clone()] {
        let mut tokens = Vec::new();
        for _ in 0..4 {
            tokens.push(challenge(&kita, email).await);
        }
        let tries = tokens.into_iter().map(|token| {
            let (kita, code) = (kita.clone(), code.clone());
            tokio::spawn(async move { verify(&kita, &token, &code).await.status })
        });
        let mut statuses = Vec::new();
        for task in tries.collect::<Vec<_>>() {
            statuses.push(task.await.expect("no panic"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401], "{code}");
    }
    // Recovery codes: however they are written, and nobody else's.
    let token = challenge(&kita, email).await;
    let plain = recovery[1].replace('-', "").to_lowercase();
    verify(&kita, &token, &others[0]).await.refused(401, "second_factor_refused");
    let inside = signed_in(&kita, &verify(&kita, &token, &plain).await);
    assert_eq!(inside.get("/v1/auth/second-factor").await.ok(200)["recovery_codes_left"], 8);
    let token = challenge(&riverside, "operator@riverside.example").await;
    signed_in(&riverside, &verify(&riverside, &token, &others[0]).await);
    assert_eq!(site.rows("recovery_codes").await, 8 + 9);
}

/// A right password, again and again, gives no more tries for the code.
async fn codes_are_not_guessed(site: &Site) {
    let server = serve(site).await;
    let kita = Browser::at(&server, "kita");
    let analyst = Browser::demo(&server, "kita", "analyst").await;
    let (phone, _) = set_up(&server, &analyst).await;
    let email = "analyst@kita.example";
    let mut statuses = Vec::new();
    for _ in 0..10 {
        let token = challenge(&kita, email).await;
        statuses.push(verify(&kita, &token, "000000x").await.status);
    }
    // One of the ten was for the confirmation.
    assert_eq!((&statuses[..9], statuses[9]), (&[401; 9][..], 429));
    let token = challenge(&kita, email).await;
    let code = phone.next(&server).await;
    verify(&kita, &token, &code).await.refused(429, "too_many_attempts");
    for path in ["/v1/auth/second-factor/disable", "/v1/auth/second-factor/recovery-codes"] {
        analyst.post(path, &proof(&code)).await.refused(429, "too_many_attempts");
    }
    Browser::demo(&server, "riverside", "analyst").await.get("/v1/me").await.ok(200);
    server.advance(Duration::from_mins(16)).await;
    let token = challenge(&kita, email).await;
    verify(&kita, &token, &phone.now(&server).await).await.ok(200);
}

async fn it_is_changed_with_password_and_code(site: &Site) {
    let server = serve(site).await;
    let kita = Browser::at(&server, "kita");
    let owner = Browser::demo(&server, "kita", "owner").await;
    let (disable, renew) =
        ("/v1/auth/second-factor/disable", "/v1/auth/second-factor/recovery-codes");
    owner.post(disable, &proof("123456")).await.refused(404, "second_factor_missing");
    let wrong = json!({ "password": "a wrong password" });
    let begin = owner.post("/v1/auth/second-factor", &wrong).await;
    begin.refused(401, "sign_in_refused");
    // Begun, and not confirmed: nothing is asked for.
    owner.post("/v1/auth/second-factor", &json!({ "password": PASSWORD })).await.ok(201);
    let unconfirmed =
        owner.post("/v1/auth/second-factor/confirm", &json!({ "code": "12345" })).await;
    unconfirmed.refused_field("code_invalid", "code");
    kita.try_sign_in("owner@kita.example", PASSWORD).await.ok(200);

    let (phone, old) = set_up(&server, &owner).await;
    let begin = owner.post("/v1/auth/second-factor", &json!({ "password": PASSWORD })).await;
    begin.refused(409, "second_factor_exists");
    let code = phone.next(&server).await;
    let without = json!({ "password": "a wrong password", "code": code });
    for path in [disable, renew] {
        owner.post(path, &without).await.refused(401, "sign_in_refused");
        owner.post(path, &proof("12345")).await.refused_field("code_invalid", "code");
    }
    let new = owner.post(renew, &proof(&code)).await.ok(200)["recovery_codes"].clone();
    owner.post(disable, &proof(&code)).await.refused_field("code_invalid", "code");
    owner.post(disable, &proof(&old[0])).await.refused_field("code_invalid", "code");
    let code = new[0].as_str().expect("a code");
    assert_eq!(owner.post(disable, &proof(code)).await.status, 204);
    kita.try_sign_in("owner@kita.example", PASSWORD).await.ok(200);
    assert_eq!(site.rows("recovery_codes").await, 0);

    // Programs have none, and neither has who signed in elsewhere.
    let program = server.client("kita");
    program.get("/v1/auth/second-factor").await.refused(403, "people_only");
    let stranger = Browser::demo(&server, "riverside", "owner").await.moved_to(&server, "kita");
    stranger.get("/v1/auth/second-factor").await.refused(403, "tenant_mismatch");
}
