//! Tokens, good and bad.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tenancy_core::{Clock as _, SystemClock};

/// What servers under test sign with.
pub(crate) const SECRET: &str = "a secret of thirty-two bytes, or more";

/// A good token of somebody who works for a tenant.
pub(crate) fn of(tenant: &str) -> String {
    sign(&Header::new(Algorithm::HS256), &claims(tenant), SECRET.as_bytes())
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
