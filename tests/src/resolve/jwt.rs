//! Tokens: what must be in them, who must have signed them, and when.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tenancy_core::resolve::{JwtKey, JwtResolver, ResolverChain};
use tenancy_core::{ActorKind, Clock as _, Error, ErrorKind, Resolution};

use super::strategy::bearer;
use super::token::{
    AUDIENCE, ISSUER, RSA_PUBLIC, SECRET, claims, header, naming, sign, signing_key,
};
use super::world::{World, get, resolve};

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

#[tokio::test]
async fn every_algorithm_is_read_and_names_its_tenant() {
    let world = World::new();
    for algorithm in ALGORITHMS {
        for member in [&world.north, &world.south] {
            for name in [member.id.to_string(), member.slug.to_owned()] {
                let token = sign(algorithm, &claims(&world, &name));
                let found = send(&world, &token).await.unwrap().unwrap();
                assert_eq!(found.tenant().id(), member.id, "{algorithm:?}");
                assert_eq!(found.actor().unwrap().kind(), ActorKind::User);
                assert_eq!(found.actor().unwrap().id(), "ada");
            }
        }
    }
}

#[tokio::test]
async fn a_claim_that_is_missing_or_wrong_is_refused() {
    let world = World::new();
    let now = world.clock.now().unix_timestamp();
    let changes = [
        ("exp", json!(now - 31)),
        ("exp", json!("soon")),
        ("exp", json!(-1)),
        ("exp", Value::Null),
        ("nbf", json!(now + 31)),
        ("nbf", json!("soon")),
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://id.example/")),
        ("iss", json!([ISSUER])),
        ("iss", Value::Null),
        ("aud", json!("shop")),
        ("aud", json!(["shop", "school"])),
        ("aud", json!([])),
        ("aud", json!("bank2")),
        ("aud", Value::Null),
        ("sub", json!(17)),
        ("sub", Value::Null),
        ("tenant_id", json!(17)),
        ("tenant_id", json!([world.north.id.to_string()])),
        ("tenant_id", json!({ "id": world.north.id.to_string() })),
        ("tenant_id", Value::Null),
    ];
    for (name, value) in changes {
        for algorithm in ALGORITHMS {
            let mut claims = claims(&world, world.north.slug);
            claims[name] = value.clone();
            refused(&world, &sign(algorithm, &claims), &format!("{name} is {value}")).await;
        }
    }
    for name in ["exp", "nbf", "iss", "aud", "sub", "tenant_id"] {
        let mut claims = claims(&world, world.north.slug);
        claims.as_object_mut().unwrap().remove(name);
        refused(&world, &sign(Algorithm::HS256, &claims), &format!("no {name}")).await;
    }
}

/// Some issuers do not say from when a token is good.
#[tokio::test]
async fn nbf_may_be_optional_and_is_kept_when_it_is_there() {
    let world = World::new();
    let chain = world.empty_chain().with(world.jwt().optional_nbf());
    for member in [&world.north, &world.south] {
        let mut claims = claims(&world, member.slug);
        claims.as_object_mut().unwrap().remove("nbf");
        let token = sign(Algorithm::RS256, &claims);
        let found = resolve(&chain, bearer(get(), &token)).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), member.id);

        claims["nbf"] = json!(world.clock.now().unix_timestamp() + 31);
        let token = sign(Algorithm::RS256, &claims);
        let refused = resolve(&chain, bearer(get(), &token)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    }
}

#[tokio::test]
async fn audiences_may_be_many() {
    let world = World::new();
    let mut claims = claims(&world, world.south.slug);
    claims["aud"] = json!(["shop", AUDIENCE]);
    let found = send(&world, &sign(Algorithm::HS256, &claims)).await.unwrap().unwrap();
    assert_eq!(found.tenant().id(), world.south.id);
}

#[tokio::test]
async fn time_moves_on() {
    let world = World::new();
    let now = world.clock.now().unix_timestamp();
    let mut claims = claims(&world, world.north.slug);
    claims["nbf"] = json!(now + 100);
    claims["exp"] = json!(now + 200);
    let token = sign(Algorithm::ES256, &claims);

    // Clocks may differ by 30 seconds either way.
    refused(&world, &token, "not yet").await;
    world.clock.advance(Duration::from_secs(69));
    refused(&world, &token, "not quite yet").await;
    world.clock.advance(Duration::from_secs(1));
    assert!(send(&world, &token).await.unwrap().is_some());
    world.clock.advance(Duration::from_secs(159));
    assert!(send(&world, &token).await.unwrap().is_some());
    world.clock.advance(Duration::from_secs(1));
    refused(&world, &token, "expired").await;
    world.clock.set(world.clock.now() - Duration::from_mins(1));
    assert!(send(&world, &token).await.unwrap().is_some());
}

#[tokio::test]
async fn without_leeway_the_second_counts() {
    let world = World::new();
    let mut claims = claims(&world, world.north.slug);
    claims["exp"] = json!(world.clock.now().unix_timestamp() + 1);
    let token = sign(Algorithm::HS256, &claims);
    let chain = world.empty_chain().with(world.jwt().leeway(0));
    assert!(resolve(&chain, bearer(get(), &token)).await.is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert!(resolve(&chain, bearer(get(), &token)).await.is_err());
}

#[tokio::test]
async fn a_wrong_signature_is_refused() {
    let world = World::new();
    let good = naming(&world, world.north.slug);
    let others = naming(&world, world.south.slug);
    let (head, claims_part, signature) = split(&good);
    let (_, others_claims, others_signature) = split(&others);

    refused(&world, &format!("{head}.{others_claims}.{signature}"), "claims of another").await;
    refused(&world, &format!("{head}.{claims_part}.{others_signature}"), "its signature").await;
    refused(&world, &format!("{head}.{claims_part}."), "none").await;
    refused(&world, &format!("{head}.{claims_part}"), "two parts").await;
    refused(&world, &format!("{good}.{signature}"), "four parts").await;
    refused(&world, &format!("{good}="), "padded").await;
    refused(&world, &good[..good.len() - 1], "cut off").await;

    let secret = EncodingKey::from_secret(b"another secret of thirty-two bytes, or more");
    let claims = claims(&world, world.north.slug);
    let forged = encode(&header(Algorithm::HS256), &claims, &secret).unwrap();
    refused(&world, &forged, "another secret").await;
}

#[tokio::test]
async fn the_algorithm_none_is_refused() {
    let world = World::new();
    // {"alg":"none","typ":"JWT"} and {"alg":"none","kid":"HS256"}
    let heads = ["eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJhbGciOiJub25lIiwia2lkIjoiSFMyNTYifQ"];
    let good = naming(&world, world.north.slug);
    let (_, claims, signature) = split(&good);
    for head in heads {
        refused(&world, &format!("{head}.{claims}."), "none, unsigned").await;
        refused(&world, &format!("{head}.{claims}.{signature}"), "none, signed").await;
    }
}

/// The oldest trick: a public key is no secret, so nobody may sign with it.
#[tokio::test]
async fn a_public_key_is_not_taken_for_a_secret() {
    let world = World::new();
    let public = std::str::from_utf8(RSA_PUBLIC).unwrap();
    let claims = claims(&world, world.north.slug);
    for secret in [public, public.trim_end()] {
        let key = EncodingKey::from_secret(secret.as_bytes());
        for kid in [Some("RS256"), Some("HS256"), None] {
            let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::HS256) };
            let token = encode(&header, &claims, &key).unwrap();
            refused(&world, &token, &format!("signed with the public key, kid {kid:?}")).await;
            refused_by(&only(&world, JwtKey::rs256_pem(RSA_PUBLIC).unwrap()), &token).await;
        }
    }
}

#[tokio::test]
async fn a_key_serves_its_own_algorithm_only() {
    let world = World::new();
    let claims = claims(&world, world.north.slug);
    for named in ALGORITHMS {
        for used in ALGORITHMS.into_iter().filter(|used| *used != named) {
            let header = Header { kid: Some(format!("{named:?}")), ..Header::new(used) };
            let token = encode(&header, &claims, &signing_key(used)).unwrap();
            refused(&world, &token, &format!("{used:?} as {named:?}")).await;
        }
    }
    // Same secret, stronger algorithm: still not the one the key is for.
    let hs512 = Header { kid: Some("HS256".to_owned()), ..Header::new(Algorithm::HS512) };
    let token = encode(&hs512, &claims, &EncodingKey::from_secret(SECRET)).unwrap();
    refused(&world, &token, "HS512").await;
}

#[tokio::test]
async fn a_key_must_be_named_where_there_are_several() {
    let world = World::new();
    let claims = claims(&world, world.north.slug);
    for kid in [None, Some(""), Some("unknown"), Some("hs256")] {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &claims, &EncodingKey::from_secret(SECRET)).unwrap();
        refused(&world, &token, &format!("kid {kid:?}")).await;

        // A single key without a name is meant whatever the token calls it.
        let chain = only(&world, JwtKey::hs256(SECRET).unwrap());
        let found = resolve(&chain, bearer(get(), &token)).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), world.north.id);

        // One with a name is meant by that name, or by none.
        let chain = only(&world, JwtKey::hs256(SECRET).unwrap().with_id("HS256"));
        match kid {
            None => assert!(resolve(&chain, bearer(get(), &token)).await.is_ok()),
            Some(_) => refused_by(&chain, &token).await,
        }
    }
}

#[tokio::test]
async fn a_key_in_the_token_is_not_believed() {
    let world = World::new();
    let claims = claims(&world, world.north.slug);
    let own = EncodingKey::from_secret(b"another secret of thirty-two bytes, or more");
    let header = Header {
        jku: Some("https://evil.example/keys".to_owned()),
        x5u: Some("https://evil.example/cert".to_owned()),
        ..header(Algorithm::HS256)
    };
    refused(&world, &encode(&header, &claims, &own).unwrap(), "a key of its own").await;
}

#[tokio::test]
async fn a_critical_extension_is_refused() {
    let world = World::new();
    let claims = claims(&world, world.north.slug);
    let header = Header { crit: Some(vec!["b64".to_owned()]), ..header(Algorithm::HS256) };
    let token = encode(&header, &claims, &EncodingKey::from_secret(SECRET)).unwrap();
    refused(&world, &token, "crit").await;
}

#[tokio::test]
async fn the_tenant_claim_has_the_name_that_was_set() {
    let world = World::new();
    let mut claims = claims(&world, world.north.slug);
    claims["org"] = json!(world.south.slug);
    let token = sign(Algorithm::HS256, &claims);
    let chain = world.empty_chain().with(world.jwt().tenant_claim("org"));
    let found = resolve(&chain, bearer(get(), &token)).await.unwrap().unwrap();
    assert_eq!(found.tenant().id(), world.south.id);
    assert_eq!(send(&world, &token).await.unwrap().unwrap().tenant().id(), world.north.id);
}

#[tokio::test]
async fn a_refusal_does_not_say_why() {
    let world = World::new();
    let mut expired = claims(&world, world.north.slug);
    expired["exp"] = json!(1);
    for token in [sign(Algorithm::HS256, &expired), "a.b.c".to_owned()] {
        let problem = tenancy_core::Problem::from(send(&world, &token).await.unwrap_err());
        assert_eq!((problem.status(), problem.detail()), (401, None));
    }
}

async fn send(world: &World, token: &str) -> Result<Option<Resolution>, Error> {
    world.resolve(bearer(get(), token)).await
}

async fn refused(world: &World, token: &str, why: &str) {
    match send(world, token).await {
        Err(error) => assert_eq!(error.kind(), ErrorKind::CredentialInvalid, "{why}"),
        Ok(found) => panic!("{why}: {found:?}"),
    }
}

async fn refused_by(chain: &ResolverChain, token: &str) {
    let refused = resolve(chain, bearer(get(), token)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
}

fn only(world: &World, key: JwtKey) -> ResolverChain {
    let resolver = JwtResolver::new([key], ISSUER, AUDIENCE).clock(world.clock.clone());
    world.empty_chain().with(resolver)
}

fn split(token: &str) -> (&str, &str, &str) {
    let mut parts = token.split('.');
    let mut next = || parts.next().unwrap();
    (next(), next(), next())
}
