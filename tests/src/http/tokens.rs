//! Tokens that open nothing. None of them says why.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::token::{self, SECRET, claims, now, sign};
use crate::harness::{Client, Server, Site, Stack};

const RSA: &[u8] = include_bytes!("../../fixtures/test_keys/rsa.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("../../fixtures/test_keys/rsa.pub.pem");

async fn with_tokens() -> (Site, Server) {
    let site = Site::create(Stack::Embedded).await;
    let server = site.serve(&["--jwt-secret", SECRET]).await;
    (site, server)
}

async fn refused(bank: &Client, token: &str, why: &str) {
    println!("{why}: {token}");
    let answer = bank.with_credential(token).get("/v1/payments").await;
    assert_eq!(answer.refused(401, "credential_invalid").get("detail"), None, "{why}");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
}

fn with(name: &str, value: impl Into<Value>) -> String {
    let mut claims = claims("riverside");
    claims[name] = value.into();
    sign(&Header::new(Algorithm::HS256), &claims, SECRET.as_bytes())
}

fn without(name: &str) -> String {
    let mut claims = claims("riverside");
    claims.as_object_mut().expect("an object").remove(name);
    sign(&Header::new(Algorithm::HS256), &claims, SECRET.as_bytes())
}

#[tokio::test]
async fn good_ones_open_their_tenant_alone() {
    let (_site, server) = with_tokens().await;
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        for named in [slug.to_owned(), server.tenant(slug).id().to_string()] {
            let by_token = bank.with_credential(&token::of(&named)).get("/v1/customers").await;
            assert_eq!(by_token.ok(200), bank.get("/v1/customers").await.ok(200));
        }
    }
}

#[tokio::test]
async fn wrong_claims_are_refused() {
    let (_site, server) = with_tokens().await;
    let bank = server.client("riverside");
    refused(&bank, &token::expired("riverside"), "expired").await;
    for (claim, wrong) in [
        ("nbf", json!(now() + 3_600)),
        ("aud", json!("other-api")),
        ("aud", json!(["other-api"])),
        ("iss", json!("other")),
        ("tenant_id", json!(7)),
        ("tenant_id", json!(null)),
        ("exp", json!("tomorrow")),
        ("sub", json!("")),
    ] {
        refused(&bank, &with(claim, wrong.clone()), &format!("{claim}: {wrong}")).await;
    }
    for claim in ["exp", "nbf", "aud", "iss", "sub", "tenant_id"] {
        refused(&bank, &without(claim), &format!("without {claim}")).await;
    }
}

#[tokio::test]
async fn wrong_signatures_and_algorithms_are_refused() {
    let (_site, server) = with_tokens().await;
    let bank = server.client("nordhafen");
    let claims = claims("nordhafen");
    let good = token::of("nordhafen");
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let (_, others) = signed.split_once('.').expect("three parts");
    // {"alg":"none","typ":"JWT"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{others}.");
    let of_riverside = token::of("riverside");
    let (_, stolen) = of_riverside.rsplit_once('.').expect("three parts");
    let rsa = EncodingKey::from_rsa_pem(RSA).expect("a key");
    let rsa = encode(&Header::new(Algorithm::RS256), &claims, &rsa).expect("a token");
    let as_secret = |key| sign(&Header::new(Algorithm::HS256), &claims, key);
    for (token, why) in [
        (none.clone(), "alg none, unsigned"),
        (format!("{none}{signature}"), "alg none, signed"),
        (format!("{signed}."), "no signature"),
        (format!("{signed}.{stolen}"), "the signature of another token"),
        (good[..good.len() - 1].to_owned(), "cut off"),
        (as_secret(b"another secret of thirty-two bytes, or more"), "another secret"),
        (as_secret(RSA_PUBLIC), "a public key as the secret"),
        (as_secret(b""), "an empty secret"),
        (rsa, "RS256"),
        (sign(&Header::new(Algorithm::HS384), &claims, SECRET.as_bytes()), "HS384"),
        (sign(&Header::new(Algorithm::HS512), &claims, SECRET.as_bytes()), "HS512"),
        ("a.b.c".to_owned(), "no token"),
        (".".to_owned(), "no token"),
    ] {
        refused(&bank, &token, why).await;
    }
    bank.with_credential(&good).get("/v1/payments").await.ok(200);
}

#[tokio::test]
async fn a_good_signature_does_not_make_a_tenant() {
    let (_site, server) = with_tokens().await;
    let stranger = server.stranger();
    let missing = "01900000-0000-7000-8000-0000000000ff";
    for tenant in ["nobody", missing, "", "not a slug", "*"] {
        let answer = stranger.with_credential(&token::of(tenant)).get("/v1/payments").await;
        answer.refused(404, "tenant_unknown");
    }
    let suspended = stranger.with_credential(&token::of("lakeshore")).get("/v1/payments").await;
    suspended.refused(403, "tenant_suspended");
}

/// Without a secret there are no tokens: an empty or a guessed one must not open anything.
#[tokio::test]
async fn without_a_secret_none_is_good() {
    let (_site, server) = super::embedded().await;
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        refused(&bank, &token::of(slug), "no secret is set").await;
        let empty = sign(&Header::new(Algorithm::HS256), &claims(slug), b"");
        refused(&bank, &empty, "signed with nothing").await;
        bank.get("/v1/payments").await.ok(200);
    }
}
