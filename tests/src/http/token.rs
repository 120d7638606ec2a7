//! Tokens, good and bad.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tenancy_core::{Clock as _, SystemClock};

use crate::harness::Client;

/// What servers under test sign with.
pub(crate) const SECRET: &str = "a secret of thirty-two bytes, or more";

/// A good token of somebody who works for a tenant.
pub(crate) fn of(tenant: &str) -> String {
    sign(&Header::new(Algorithm::HS256), &claims(tenant), SECRET.as_bytes())
}

/// A good token of somebody whose rights are these permissions and no other.
pub(crate) fn scoped(tenant: &str, permissions: &[impl AsRef<str>]) -> String {
    let mut claims = claims(tenant);
    let words: Vec<_> = permissions.iter().map(AsRef::as_ref).collect();
    claims["scope"] = json!(words.join(" "));
    sign(&Header::new(Algorithm::HS256), &claims, SECRET.as_bytes())
}

/// The same caller with no more rights than a role has. The server must know [`SECRET`].
pub(crate) async fn in_role(bank: &Client, tenant: &str, role: &str) -> Client {
    let roles = bank.get("/v1/roles").await.ok(200);
    let found = roles.as_array().expect("a list").iter().find(|found| found["name"] == role);
    let permissions = found.unwrap_or_else(|| panic!("no role {role}"))["permissions"].clone();
    let permissions: Vec<String> = serde_json::from_value(permissions).expect("names");
    bank.with_credential(&scoped(tenant, &permissions))
}

/// A good token of somebody of this name.
pub(crate) fn of_person(tenant: &str, name: &str) -> String {
    of_person_until(tenant, name, 600)
}

/// A token of somebody of this name, good for so many seconds.
pub(crate) fn of_person_until(tenant: &str, name: &str, seconds: i64) -> String {
    let mut claims = claims(tenant);
    claims["sub"] = json!(name);
    claims["exp"] = json!(now() + seconds);
    sign(&Header::new(Algorithm::HS256), &claims, SECRET.as_bytes())
}

/// Was good an hour ago.
pub(crate) fn expired(tenant: &str) -> String {
    let mut claims = claims(tenant);
    claims["exp"] = json!(now() - 3_600);
    sign(&Header::new(Algorithm::HS256), &claims, SECRET.as_bytes())
}

/// Everything a good token says.
pub(super) fn claims(tenant: &str) -> Value {
    json!({
        "iss": "payments",
        "aud": "payments-api",
        "sub": "mara",
        "exp": now() + 600,
        "nbf": now(),
        "tenant_id": tenant,
    })
}

pub(super) fn sign(header: &Header, claims: &Value, secret: &[u8]) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret)).expect("a token")
}

pub(super) fn now() -> i64 {
    SystemClock.now().unix_timestamp()
}
