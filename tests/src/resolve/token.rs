//! Tokens, good and bad.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tenancy_core::Clock as _;
use tenancy_core::resolve::JwtKey;

use super::world::World;

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const AUDIENCE: &str = "bank";
pub(super) const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";

pub(super) const RSA_PUBLIC: &[u8] = include_bytes!("../../fixtures/test_keys/rsa.pub.pem");
const RSA: &[u8] = include_bytes!("../../fixtures/test_keys/rsa.pem");
const P256_PUBLIC: &[u8] = include_bytes!("../../fixtures/test_keys/p256.pub.pem");
const P256: &[u8] = include_bytes!("../../fixtures/test_keys/p256.pem");
const ED25519_PUBLIC: &[u8] = include_bytes!("../../fixtures/test_keys/ed25519.pub.pem");
const ED25519: &[u8] = include_bytes!("../../fixtures/test_keys/ed25519.pem");

/// One key of each algorithm, named like it.
pub(super) fn trusted_keys() -> [JwtKey; 4] {
    [
        JwtKey::hs256(SECRET).unwrap().with_id("HS256"),
        JwtKey::rs256_pem(RSA_PUBLIC).unwrap().with_id("RS256"),
        JwtKey::es256_pem(P256_PUBLIC).unwrap().with_id("ES256"),
        JwtKey::ed25519_pem(ED25519_PUBLIC).unwrap().with_id("EdDSA"),
    ]
}

pub(super) fn signing_key(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::HS256 => EncodingKey::from_secret(SECRET),
        Algorithm::RS256 => EncodingKey::from_rsa_pem(RSA).unwrap(),
        Algorithm::ES256 => EncodingKey::from_ec_pem(P256).unwrap(),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(ED25519).unwrap(),
        other => panic!("these tests have no key for {other:?}"),
    }
}

/// A header that names the trusted key of this algorithm.
pub(super) fn header(algorithm: Algorithm) -> Header {
    Header { kid: Some(format!("{algorithm:?}")), ..Header::new(algorithm) }
}

/// Everything a good token says, about this tenant.
pub(super) fn claims(world: &World, tenant: &str) -> Value {
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "exp": world.clock.now().unix_timestamp() + 600,
        "nbf": world.clock.now().unix_timestamp(),
        "tenant_id": tenant,
    })
}

pub(super) fn sign(algorithm: Algorithm, claims: &Value) -> String {
    encode(&header(algorithm), claims, &signing_key(algorithm)).unwrap()
}

/// A good token that names a tenant by its id or slug.
pub(crate) fn naming(world: &World, tenant: &str) -> String {
    sign(Algorithm::HS256, &claims(world, tenant))
}
