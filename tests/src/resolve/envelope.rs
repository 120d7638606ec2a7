//! Envelopes of requests: a credential for this service, this method and this path.

use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderName;
use http::request::Builder;
use http::{Method, Request};
use tenancy_core::resolve::SubdomainResolver;
use tenancy_core::{
    Actor, ActorKind, Envelope, EnvelopeKey, EnvelopeKeys, Error, ErrorKind, PlanCatalogue,
    ResolvedVia, Tenant, TenantContext, TenantId, TenantSlug, Trust,
};

use super::strategy::{Strategy, bearer};
use super::world::{BASE, Member, World, get, get_from, resolve};

/// What this service is called by others.
pub(crate) const AUDIENCE: &str = "bank";
const TTL: Duration = Duration::from_mins(1);

pub(crate) fn keys() -> EnvelopeKeys {
    let key = EnvelopeKey::new("k1", b"a secret of thirty-two bytes, or more").unwrap();
    EnvelopeKeys::new(key, []).unwrap()
}

/// A context to be sealed for a request once it is known where that goes.
#[derive(Clone)]
struct ToSeal(EnvelopeKeys, TenantContext);

pub(super) fn naming(world: &World, whom: &Member, request: Builder) -> Builder {
    request.extension(ToSeal(world.envelopes.clone(), context(whom.id, whom.slug)))
}

pub(super) fn naming_nobody(world: &World, request: Builder) -> Builder {
    let nobody = context(TenantId::generate(), "nobody");
    request.extension(ToSeal(world.envelopes.clone(), nobody))
}

/// Seals what a strategy asked for: the last thing before a request is sent.
pub(crate) fn sealed(mut request: Builder) -> Builder {
    let to_seal = request.extensions_mut().and_then(http::Extensions::remove::<ToSeal>);
    let Some(ToSeal(keys, context)) = to_seal else { return request };
    let (method, uri) = (request.method_ref().unwrap(), request.uri_ref().unwrap());
    let envelope = keys.seal_request(&context, AUDIENCE, (method, uri), TTL).unwrap();
    request.header(Envelope::HEADER, envelope.as_str())
}

/// The context of somebody who works for a tenant, as a service of ours vouches for.
pub(crate) fn context(id: TenantId, slug: &str) -> TenantContext {
    let plan = PlanCatalogue::example().plan("starter").unwrap();
    let tenant = Tenant::new(id, TenantSlug::parse(slug).unwrap(), plan);
    let clerk = Actor::new(ActorKind::User, format!("clerk_of_{slug}"));
    TenantContext::for_program(Arc::new(tenant)).with_actor(clerk)
}

/// Seals for one request and sends it with another.
async fn moved(world: &World, for_this: (Method, &str), to_that: (Method, &str)) -> Option<Error> {
    let uri = for_this.1.parse().unwrap();
    let context = context(world.north.id, "north");
    let keys = &world.envelopes;
    let envelope = keys.seal_request(&context, AUDIENCE, (&for_this.0, &uri), TTL).unwrap();
    let request = Request::builder()
        .method(to_that.0)
        .uri(to_that.1)
        .header(Envelope::HEADER, envelope.as_str());
    let found = resolve(&world.empty_chain().with(world.envelope()), request).await;
    found.map(|found| assert_eq!(found.unwrap().tenant().id(), world.north.id)).err()
}

#[tokio::test]
async fn it_is_for_one_method_path_and_query() {
    let world = World::new();
    let paid = (Method::POST, "/pay?to=1&sum=5");
    // What the sender knows as a whole address is a path here.
    for here in ["/pay?to=1&sum=5", "http://other.example/pay?to=1&sum=5"] {
        assert!(moved(&world, paid.clone(), (Method::POST, here)).await.is_none(), "{here}");
    }
    for elsewhere in [
        (Method::GET, "/pay?to=1&sum=5"),
        (Method::PUT, "/pay?to=1&sum=5"),
        (Method::POST, "/pay"),
        (Method::POST, "/pay?"),
        (Method::POST, "/pay?to=1&sum=50"),
        (Method::POST, "/pay?to=1&sum=5&"),
        (Method::POST, "/pay/?to=1&sum=5"),
        (Method::POST, "/PAY?to=1&sum=5"),
        (Method::POST, "/p%61y?to=1&sum=5"),
        (Method::POST, "/"),
    ] {
        let refused = moved(&world, paid.clone(), elsewhere.clone()).await;
        assert_eq!(refused.unwrap().kind(), ErrorKind::CredentialInvalid, "{elsewhere:?}");
    }
}

#[tokio::test]
async fn twice_or_empty_or_no_text_is_a_bad_credential() {
    let world = World::new();
    let request = || naming(&world, &world.north, get());
    let twice = sealed(request()).header(Envelope::HEADER, "x");
    let empty = get().header(Envelope::HEADER, "");
    let no_text = get().header(Envelope::HEADER, &b"te1.\xff"[..]);
    for request in [twice, empty, no_text] {
        let refused = world.resolve(request).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    }
    assert!(world.resolve(request()).await.unwrap().is_some());
}

/// It is read from its own header, and nothing else is read from there.
#[tokio::test]
async fn it_is_no_bearer_and_a_bearer_is_no_envelope() {
    let world = World::new();
    let sealed = sealed(naming(&world, &world.north, get()));
    let text = sealed.headers_ref().unwrap()[Envelope::HEADER].to_str().unwrap().to_owned();
    let token = super::token::naming(&world, world.south.slug);
    let as_key = get().header(HeaderName::from_static("x-api-key"), &text);
    let as_cookie = super::strategy::cookie(get(), &text);
    assert!(world.resolve(as_cookie).await.unwrap().is_none());
    for request in [bearer(get(), &text), as_key, get().header(Envelope::HEADER, token)] {
        let refused = world.resolve(request).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    }
}

/// A page without sign-in that asks another service opens no data there.
#[tokio::test]
async fn what_was_an_address_at_the_sender_is_one_here() {
    let world = World::new();
    let hosts = world.empty_chain().with(SubdomainResolver::under(BASE).unwrap());
    for member in [&world.north, &world.south] {
        let by_host = resolve(&hosts, get_from(&member.host())).await.unwrap().unwrap();
        let at_the_sender = by_host.into_context(None);
        assert_eq!(at_the_sender.trust(), Trust::Address);

        let request = get().extension(ToSeal(world.envelopes.clone(), at_the_sender));
        let found = world.resolve(request).await.unwrap().unwrap();
        assert_eq!((found.tenant().id(), found.via()), (member.id, ResolvedVia::Envelope));
        assert_eq!(found.trust(), Trust::Address);
        let here = found.into_context(None);
        let refused = here.require_credential().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CredentialRequired);
    }
}

#[tokio::test]
async fn beside_a_users_token_the_user_acts() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let request = Strategy::Jwt.naming(&world, member, naming(&world, member, get()));
        let found = world.resolve(request).await.unwrap().unwrap();
        assert_eq!((found.via(), found.actor().unwrap().id()), (ResolvedVia::Jwt, "ada"));
        let alone = world.resolve(naming(&world, member, get())).await.unwrap().unwrap();
        assert_eq!(alone.actor().unwrap().id(), format!("clerk_of_{}", member.slug));
    }
}
