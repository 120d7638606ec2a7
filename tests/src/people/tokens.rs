//! Tokens for programs of people: verified by published keys, renewed once, ended for certain.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};

use super::{Browser, UNLIMITED, ended, token_for, tokens_for};
use crate::harness::{Answer, Server, Site, eventually, on_both_stacks};

on_both_stacks!(
    an_access_token_is_verified_by_published_keys,
    a_forged_token_opens_nothing,
    a_refresh_token_is_good_once,
    tokens_end_with_what_they_came_of,
    keys_are_rotated_without_a_gap,
    keys_that_do_not_open_sign_nothing,
);

async fn serve(site: &Site) -> Server {
    let mail = site.mail().display().to_string();
    site.serve(&[UNLIMITED[0], UNLIMITED[1], "--demo-clock", "--mail-dir", &mail]).await
}

/// Runs the program for a command, beside the server; returns what it says.
async fn run(site: &Site, words: &[&str]) -> String {
    Server::output(&site.options(), words).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().expect("a text")
}

async fn tokens(browser: &Browser) -> Value {
    browser.post("/v1/auth/token", &json!({})).await.ok(201)
}

async fn renew(at: &Browser, tokens: &Value) -> Answer {
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    at.post("/v1/auth/token/refresh", &body).await
}

/// Asks with an access token, as a program does.
async fn me(server: &Server, slug: &str, tokens: &Value) -> Answer {
    server.visitor(slug).with_credential(text(tokens, "access_token")).get("/v1/me").await
}

async fn key_ids(server: &Server) -> BTreeSet<String> {
    let keys = server.stranger().get("/.well-known/jwks.json").await.ok(200);
    let keys = keys["keys"].as_array().expect("keys").iter();
    keys.map(|key| text(key, "kid").to_owned()).collect()
}

fn key_id(tokens: &Value) -> String {
    jsonwebtoken::decode_header(text(tokens, "access_token")).expect("a header").kid.expect("kid")
}

async fn an_access_token_is_verified_by_published_keys(site: &Site) {
    let server = serve(site).await;
    let kita = Browser::demo(&server, "kita", "analyst").await;
    let riverside = Browser::demo(&server, "riverside", "owner").await;
    let (of_kita, of_riverside) = (tokens(&kita).await, tokens(&riverside).await);
    assert_eq!((&of_kita["token_type"], &of_kita["expires_in"]), (&"Bearer".into(), &600.into()));

    // Whoever reads the key set can tell whose it is, without asking.
    let answer = server.stranger().get("/.well-known/jwks.json").await;
    assert!(!answer.text().contains("\"d\""), "no secret half");
    let set: JwkSet = serde_json::from_value(answer.ok(200)).expect("a key set");
    let key = set.find(&key_id(&of_kita)).expect("the key");
    let mut expected = Validation::new(Algorithm::EdDSA);
    expected.set_issuer(&["payments"]);
    expected.set_audience(&["payments-api"]);
    let key = DecodingKey::from_jwk(key).expect("a key");
    let read = decode::<Value>(text(&of_kita, "access_token"), &key, &expected).expect("a token");
    let analyst = kita.get("/v1/me").await.ok(200);
    assert_eq!(read.claims["sub"], analyst["id"]);

    // It may do what the member may, at that tenant.
    assert_eq!(me(&server, "kita", &of_kita).await.ok(200), analyst);
    assert_eq!(me(&server, "riverside", &of_riverside).await.ok(200)["tenant"], "riverside");
    let program = server.visitor("kita").with_credential(text(&of_kita, "access_token"));
    program.get("/v1/members").await.refused(403, "permission_denied");
    let moved =
        program.request(http::Method::GET, "/v1/payments").header("x-tenant-id", "riverside");
    program.send(moved).await.refused(403, "tenant_mismatch");
    // A token gives no other one, and neither does a key; beside a cookie it does not either.
    for caller in [&program, &server.client("kita")] {
        caller.post("/v1/auth/token", &json!({})).await.refused(403, "session_only");
    }
    let both = kita.request(http::Method::POST, "/v1/auth/token");
    let both = both.bearer_auth(text(&of_kita, "access_token")).json(&json!({}));
    assert!(kita.send(both).await.status >= 400);
    // A foreign site cannot have a browser ask for tokens.
    let forged = kita.request(http::Method::POST, "/v1/auth/token");
    let forged = forged.header("origin", "https://evil.example").json(&json!({}));
    kita.send(forged).await.refused(401, "credential_invalid");

    server.advance(Duration::from_secs(631)).await;
    me(&server, "kita", &of_kita).await.refused(401, "credential_invalid");
}

async fn a_forged_token_opens_nothing(site: &Site) {
    let secret = "a secret of the platform of 32 bytes or more";
    let options = [UNLIMITED[0], UNLIMITED[1], "--jwt-secret", secret];
    let server = site.serve(&options).await;
    let kita = Browser::demo(&server, "kita", "owner").await;
    let good = tokens(&kita).await;
    me(&server, "kita", &good).await.ok(200);
    let token = text(&good, "access_token");
    let parts: Vec<_> = token.split('.').collect();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("claims");
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let elsewhere = {
        let mut claims = claims.clone();
        claims["tenant_id"] = "riverside".into();
        claims
    };
    let keys = server.stranger().get("/.well-known/jwks.json").await.ok(200);
    let public = text(&keys["keys"][0], "x").to_owned();
    let named = |kid: &str| Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    let hs256 = |header: &Header, secret: &[u8]| {
        encode(header, &claims, &EncodingKey::from_secret(secret)).expect("a token")
    };
    let none = json!({ "alg": "none", "typ": "at+jwt", "kid": key_id(&good) });
    for forged in [
        // Another tenant, under the same signature.
        format!("{}.{}.{}", parts[0], part(&elsewhere), parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.", part(&none), parts[1]),
        // The public key is no secret, and the secret's tokens name no key.
        hs256(&named(&key_id(&good)), public.as_bytes()),
        hs256(&named(&key_id(&good)), secret.as_bytes()),
        hs256(&named("x"), secret.as_bytes()),
        hs256(&Header::new(Algorithm::HS256), public.as_bytes()),
    ] {
        for slug in ["kita", "riverside"] {
            let caller = server.visitor(slug).with_credential(&forged);
            caller.get("/v1/me").await.refused(401, "credential_invalid");
        }
    }
    // The platform's own secret still speaks for it.
    let by_secret = hs256(&Header::new(Algorithm::HS256), secret.as_bytes());
    server.visitor("kita").with_credential(&by_secret).get("/v1/me").await.ok(200);
    // What renews is no access token, and the other way around.
    let swapped = json!({ "refresh_token": token });
    kita.post("/v1/auth/token/refresh", &swapped).await.refused(401, "refresh_refused");
    let caller = server.visitor("kita").with_credential(text(&good, "refresh_token"));
    assert_eq!(caller.get("/v1/me").await.status, 401);
}

async fn a_refresh_token_is_good_once(site: &Site) {
    let server = serve(site).await;
    let (kita, riverside) = (Browser::at(&server, "kita"), Browser::at(&server, "riverside"));
    let owner = Browser::demo(&server, "kita", "owner").await;
    let (first, beside) = (tokens(&owner).await, tokens(&owner).await);
    let others = tokens(&Browser::demo(&server, "riverside", "owner").await).await;
    let second = renew(&kita, &first).await.ok(200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    me(&server, "kita", &second).await.ok(200);

    let unknown = renew(&kita, &json!({ "refresh_token": "x".repeat(43) })).await;
    unknown.refused(401, "refresh_refused");
    for (at, tokens) in [(&riverside, &second), (&kita, &others)] {
        assert_eq!(renew(at, tokens).await.alike(), unknown.alike(), "another tenant's");
    }
    // One that comes again ends whoever has the next one; others go on.
    assert_eq!(renew(&kita, &first).await.alike(), unknown.alike());
    assert_eq!(renew(&kita, &second).await.alike(), unknown.alike());
    renew(&riverside, &others).await.ok(200);
    let beside = renew(&kita, &beside).await.ok(200);

    // Many at the same time: no two get on, and then nobody does.
    let tries = (0..5).map(|_| {
        let (kita, beside) = (kita.clone(), beside.clone());
        tokio::spawn(async move { renew(&kita, &beside).await })
    });
    let mut renewed = Vec::new();
    for task in tries.collect::<Vec<_>>() {
        let answer = task.await.expect("no panic");
        match answer.status {
            200 => renewed.push(answer.json()),
            _ => drop(answer.refused(401, "refresh_refused")),
        }
    }
    assert!(renewed.len() <= 1, "{}", renewed.len());
    for tokens in &renewed {
        renew(&kita, tokens).await.refused(401, "refresh_refused");
    }
    // Nothing that is kept is a token.
    assert!(site.rows("refresh_tokens").await >= 6);
}

async fn tokens_end_with_what_they_came_of(site: &Site) {
    let server = serve(site).await;
    let kita = Browser::at(&server, "kita");
    let kept = tokens(&Browser::demo(&server, "riverside", "admin").await).await;
    let refused = async |tokens: &Value| {
        renew(&kita, tokens).await.refused(401, "refresh_refused");
    };
    // Signed out by itself.
    let owner = Browser::demo(&server, "kita", "owner").await;
    let out = tokens(&owner).await;
    let body = json!({ "refresh_token": out["refresh_token"] });
    for at in [&Browser::at(&server, "riverside"), &kita, &kita] {
        assert_eq!(at.post("/v1/auth/token/revoke", &body).await.status, 204);
    }
    refused(&out).await;
    // Signed out everywhere.
    let everywhere = tokens(&owner).await;
    assert_eq!(owner.post("/v1/auth/logout-all", &json!({})).await.status, 204);
    refused(&everywhere).await;
    // A new password.
    let operator = Browser::demo(&server, "kita", "operator").await;
    let stolen = tokens(&operator).await;
    let email = "operator@kita.example";
    kita.post("/v1/auth/password-reset", &json!({ "email": email })).await;
    eventually("a mail", async || !tokens_for(site, email).is_empty()).await;
    let body = json!({ "token": token_for(site, email), "password": "a password of tomorrow" });
    assert_eq!(kita.post("/v1/auth/password-reset/complete", &body).await.status, 204);
    refused(&stolen).await;
    // A member no more: the access token opens nothing either.
    let owner = Browser::demo(&server, "kita", "owner").await;
    let analyst = Browser::demo(&server, "kita", "analyst").await;
    let removed = tokens(&analyst).await;
    let id = analyst.get("/v1/me").await.ok(200)["id"].as_str().expect("an id").to_owned();
    owner.delete(&format!("/v1/members/{id}")).await.ok(200);
    refused(&removed).await;
    let program = server.visitor("kita").with_credential(text(&removed, "access_token"));
    program.get("/v1/payments").await.refused(403, "permission_denied");
    ended("the session", async || analyst.get("/v1/me").await.status).await;
    // Thirty days, however often it was renewed.
    let mut goes_on = renew(&Browser::at(&server, "riverside"), &kept).await.ok(200);
    server.advance(Duration::from_hours(24 * 29)).await;
    goes_on = renew(&Browser::at(&server, "riverside"), &goes_on).await.ok(200);
    server.advance(Duration::from_hours(24)).await;
    let late = renew(&Browser::at(&server, "riverside"), &goes_on).await;
    late.refused(401, "refresh_refused");
}

async fn keys_are_rotated_without_a_gap(site: &Site) {
    let server = serve(site).await;
    let kita = Browser::demo(&server, "kita", "owner").await;
    let riverside = Browser::demo(&server, "riverside", "owner").await;
    let old = tokens(&kita).await;
    let before = key_ids(&server).await;
    assert_eq!(before, BTreeSet::from([key_id(&old)]));

    let new = run(site, &["keys", "rotate"]).await.trim().to_owned();
    eventually("the new key", async || key_ids(&server).await.contains(&new)).await;
    assert_eq!(key_ids(&server).await.len(), 2);
    // All know it before it signs.
    assert_eq!(key_id(&tokens(&riverside).await), key_id(&old));
    server.advance(Duration::from_secs(61)).await;
    let fresh = tokens(&riverside).await;
    assert_eq!(key_id(&fresh), new);
    me(&server, "riverside", &fresh).await.ok(200);
    me(&server, "kita", &old).await.ok(200);
    let list = run(site, &["keys", "list"]).await;
    assert_eq!(list.lines().count(), 2);
    assert!(list.contains(&new) && list.contains(&key_id(&old)), "{list}");

    // The old one goes when its last token has ended.
    server.advance(Duration::from_mins(12)).await;
    eventually("the old key to go", async || key_ids(&server).await.len() == 1).await;
    assert_eq!(key_ids(&server).await, BTreeSet::from([new.clone()]));
    me(&server, "kita", &old).await.refused(401, "credential_invalid");
    let renewed = renew(&kita, &old).await.ok(200);
    assert_eq!(key_id(&renewed), new);
    // A node that starts anew signs with the same one.
    assert_eq!(site.rows("signing_keys").await, 2);
}

/// The program runs with another `--secrets-key` than the keys were sealed with.
async fn keys_that_do_not_open_sign_nothing(site: &Site) {
    let server = serve(site).await;
    let mut old = Vec::new();
    for slug in ["kita", "riverside"] {
        old.push((slug, tokens(&Browser::demo(&server, slug, "owner").await).await));
    }
    server.stop().await;

    let key = ["--secrets-key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="];
    let server = site.serve(&[&UNLIMITED[..], &key[..]].concat()).await;
    assert_eq!(key_ids(&server).await, BTreeSet::new());
    for (slug, old) in old {
        me(&server, slug, &old).await.refused(401, "credential_invalid");
        let browser = Browser::demo(&server, slug, "owner").await;
        browser.get("/v1/me").await.ok(200);
        assert_eq!(browser.post("/v1/auth/token", &json!({})).await.status, 500);
    }
    assert!(server.stop().await.contains("sealed with another --secrets-key"));
}
