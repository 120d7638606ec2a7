//! The `Authorization` header, which tokens and API keys share.

use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue};
use tenancy_core::resolve::{ApiKeyResolver, SubdomainResolver};
use tenancy_core::{ActorKind, ApiKey, ApiKeySecret, Clock as _, ErrorKind, Trust};

use super::strategy::{Strategy, bearer};
use super::world::{BASE, World, X_API_KEY, get, get_from, resolve};

#[tokio::test]
async fn one_that_no_strategy_reads_is_refused() {
    let world = World::new();
    let no_tokens = world.empty_chain().with(ApiKeyResolver::bearer());
    let token = Strategy::Jwt.naming(&world, &world.north, get());
    assert_eq!(refusal(resolve(&no_tokens, token).await), ErrorKind::CredentialInvalid);

    // A host would do for a page, but not beside a credential that nobody has looked at.
    let only_hosts = world.empty_chain().with(SubdomainResolver::under(BASE).unwrap());
    let key = bearer(get_from(&world.south.host()), world.south.key.reveal());
    assert_eq!(refusal(resolve(&only_hosts, key).await), ErrorKind::CredentialInvalid);
}

/// A key that is revoked, or of another form, beside a good one from another header.
#[tokio::test]
async fn one_that_no_strategy_reads_spoils_a_good_key_elsewhere() {
    let world = World::new();
    let with_tokens = world.empty_chain().with(world.jwt()).with(ApiKeyResolver::header(X_API_KEY));
    let good = get().header(X_API_KEY, world.north.key.reveal());
    let beside = bearer(good, world.south.key.reveal());
    assert_eq!(refusal(resolve(&with_tokens, beside).await), ErrorKind::CredentialInvalid);

    // Where no strategy is there for bearers, it is the application's own.
    let keys_alone = world.empty_chain().with(ApiKeyResolver::header(X_API_KEY));
    let good = get().header(X_API_KEY, world.north.key.reveal());
    let found = resolve(&keys_alone, bearer(good, "session-of-the-application")).await;
    assert_eq!(found.unwrap().unwrap().tenant().id(), world.north.id);
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case_and_others_are_left_alone() {
    let world = World::new();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", world.north.key.reveal());
        let found = world.resolve(get().header(AUTHORIZATION, value)).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), world.north.id);
    }
    let basic = get().header(AUTHORIZATION, "Basic bm9ydGg6c2VjcmV0");
    assert!(world.resolve(basic).await.unwrap().is_none());
    let at_south = get_from(&world.south.host()).header(AUTHORIZATION, "Basic bm9ydGg6c2VjcmV0");
    assert_eq!(world.resolve(at_south).await.unwrap().unwrap().trust(), Trust::Address);
}

#[tokio::test]
async fn malformed_ones_are_refused() {
    let world = World::new();
    let values: [&[u8]; 7] = [
        b"Bearer\tx",
        b"Bearer",
        b"Bearer ",
        b"Bearer    ",
        b"Bearer \xff",
        b"Bearer a b",
        b"Bearer ...",
    ];
    for value in values {
        let request = get().header(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        let refused = refusal(world.resolve(request).await);
        assert_eq!(refused, ErrorKind::CredentialInvalid, "{}", value.escape_ascii());
    }
}

#[tokio::test]
async fn two_are_refused_even_when_both_are_good() {
    let world = World::new();
    let twice = bearer(bearer(get(), world.north.key.reveal()), world.north.key.reveal());
    assert_eq!(refusal(world.resolve(twice).await), ErrorKind::CredentialInvalid);
    let key = world.north.key.reveal();
    let twice = get().header(X_API_KEY, key).header(X_API_KEY, key);
    assert_eq!(refusal(world.resolve(twice).await), ErrorKind::CredentialInvalid);
}

#[tokio::test]
async fn an_api_key_ends_with_its_expiry_and_with_its_removal() {
    let world = World::new();
    let secret = ApiKeySecret::generate("test").unwrap();
    let end = world.clock.now() + Duration::from_mins(1);
    world.directory.insert_api_key(&secret, ApiKey::new("short", world.south.id).with_expiry(end));
    let request = || bearer(get(), secret.reveal());

    world.clock.advance(Duration::from_secs(59));
    let found = world.resolve(request()).await.unwrap().unwrap();
    assert_eq!(found.tenant().id(), world.south.id);
    assert_eq!(found.actor().unwrap().kind(), ActorKind::ApiKey);
    assert_eq!(found.actor().unwrap().id(), "short");

    world.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(world.resolve(request()).await), ErrorKind::CredentialInvalid);

    world.directory.remove_api_key(&world.north.key);
    let removed = bearer(get(), world.north.key.reveal());
    assert_eq!(refusal(world.resolve(removed).await), ErrorKind::CredentialInvalid);
    assert!(world.resolve(bearer(get(), world.south.key.reveal())).await.is_ok());
}

fn refusal<T: std::fmt::Debug>(result: Result<T, tenancy_core::Error>) -> ErrorKind {
    result.unwrap_err().kind()
}
