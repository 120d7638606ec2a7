//! Resolution where nobody must be waited for.

use std::sync::Arc;

use http::Request;
use http::request::Parts;
use jsonwebtoken::Algorithm;
use tenancy_core::resolve::{JwtResolver, SubdomainResolver};
use tenancy_core::{CacheOptions, CachedDirectory, ErrorKind, ResolverChain, TenantId};

use super::strategy::bearer;
use super::token::{AUDIENCE, ISSUER, claims, naming, sign, trusted_keys};
use super::world::{BASE, Member, World, get, get_from};

/// A chain whose directory remembers whom it was asked for.
fn remembering(world: &World) -> ResolverChain {
    let directory = CachedDirectory::new(world.directory.clone(), CacheOptions::new());
    let jwt = JwtResolver::new(trusted_keys(), ISSUER, AUDIENCE).clock(world.clock.clone());
    ResolverChain::new(Arc::new(directory))
        .clock(world.clock.clone())
        .with(jwt)
        .with(SubdomainResolver::under(BASE).unwrap())
}

fn parts(request: http::request::Builder) -> Parts {
    request.body(()).unwrap().into_parts().0
}

/// A token of one, sent to the host of another or the same.
fn sent_to(world: &World, of: &Member, host: &Member) -> Parts {
    let token = sign(Algorithm::HS256, &claims(world, of.slug));
    parts(bearer(get_from(&host.host()), &token))
}

#[tokio::test]
async fn whoever_is_remembered_is_found_as_if_one_had_waited() {
    let world = World::new();
    let chain = remembering(&world);
    for member in [&world.north, &world.south] {
        let request = sent_to(&world, member, member);
        assert!(chain.try_resolve(&request, None).is_none(), "nobody is remembered yet");
        let waited = chain.resolve(&request).await.unwrap().unwrap();
        let at_once = chain.try_resolve(&request, None).expect("remembered").unwrap().unwrap();
        assert_eq!(at_once.tenant().id(), member.id);
        assert_eq!(at_once.tenant().id(), waited.tenant().id());
        assert_eq!(at_once.via(), waited.via());
        assert_eq!(at_once.trust(), waited.trust());
        assert_eq!(at_once.actor(), waited.actor());
    }
}

#[tokio::test]
async fn a_request_that_names_nobody_needs_no_waiting() {
    let world = World::new();
    let found = remembering(&world).try_resolve(&parts(get()), None);
    assert!(found.expect("nothing to wait for").unwrap().is_none());
}

#[tokio::test]
async fn refusals_are_the_same() {
    let world = World::new();
    let chain = remembering(&world);
    let crossed = sent_to(&world, &world.north, &world.south);
    for member in [&world.north, &world.south] {
        chain.resolve(&sent_to(&world, member, member)).await.unwrap();
    }
    let forged = parts(bearer(get(), "a.b.c"));
    let unknown = parts(bearer(get(), &naming(&world, &TenantId::generate().to_string())));
    chain.resolve(&unknown).await.unwrap_err();
    let cases = [
        (crossed, ErrorKind::TenantMismatch),
        (forged, ErrorKind::CredentialInvalid),
        (unknown, ErrorKind::TenantUnknown),
        (parts(Request::get("/").header("host", "ghost.base.com")), ErrorKind::TenantUnknown),
    ];
    for (request, kind) in cases {
        let waited = chain.resolve(&request).await.unwrap_err();
        let at_once = chain.try_resolve(&request, None).expect("an answer").unwrap_err();
        assert_eq!((at_once.error().kind(), waited.kind()), (kind, kind));
    }
}
