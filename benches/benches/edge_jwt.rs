//! What does a token cost when it is seen again, and the first time, beside `jsonwebtoken`?

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};
use tenancy_core::resolve::{Claimed, JwtKey, JwtResolver, KeySet, TenantResolver};
use tenancy_core::{Clock as _, SystemClock, TenantId};

const PUBLIC: &[u8] = include_bytes!("../../tests/fixtures/test_keys/rsa.pub.pem");
const PRIVATE: &[u8] = include_bytes!("../../tests/fixtures/test_keys/rsa.pem");

fn token() -> String {
    let claims = json!({
        "iss": "https://id.example",
        "aud": "bank",
        "sub": "ada",
        "exp": SystemClock.now().unix_timestamp() + 86_400,
        "nbf": SystemClock.now().unix_timestamp(),
        "tenant_id": TenantId::generate().to_string(),
    });
    let key = EncodingKey::from_rsa_pem(PRIVATE).expect("a key");
    encode(&Header::new(Algorithm::RS256), &claims, &key).expect("a token")
}

fn key() -> JwtKey {
    JwtKey::rs256_pem(PUBLIC).expect("a key")
}

fn resolve(resolver: &JwtResolver, parts: &Parts) {
    match black_box(resolver.resolve(parts)) {
        Claimed::Claim(claim) => drop(claim),
        other => panic!("a good token: {other:?}"),
    }
}

fn jwt(c: &mut Criterion) {
    let token = token();
    let request = http::Request::get("/").header("authorization", format!("Bearer {token}"));
    let parts = request.body(()).expect("a request").into_parts().0;
    let keys = KeySet::from([key()]);
    let resolver = JwtResolver::new(keys.clone(), "https://id.example", "bank");

    let mut group = c.benchmark_group("edge_jwt");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["bank"]);
    validation.set_issuer(&["https://id.example"]);
    let decoding = DecodingKey::from_rsa_pem(PUBLIC).expect("a key");
    group.bench_function("jsonwebtoken", |b| {
        b.iter(|| black_box(decode::<Value>(&token, &decoding, &validation).expect("a token")));
    });
    group.bench_function("repeated", |b| b.iter(|| resolve(&resolver, &parts)));
    // New keys: what was verified by the old ones is not believed any more.
    group.bench_function("first", |b| {
        b.iter_batched(
            || keys.replace([key()]),
            |()| resolve(&resolver, &parts),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, jwt);
criterion_main!(benches);
