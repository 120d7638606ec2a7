//! API keys that are narrowed: to scopes, to networks.

use std::net::IpAddr;
use std::sync::Arc;

use tenancy_core::resolve::{PeerAddr, TrustedProxies};
use tenancy_core::{ApiKey, ErrorKind, ResolverChain};

use super::world::{Member, World, X_API_KEY, get, resolve};

fn from(address: &str) -> PeerAddr {
    PeerAddr(address.parse::<IpAddr>().unwrap())
}

fn chain(world: &World) -> ResolverChain {
    world.chain().trusted_proxies(TrustedProxies::parse(["10.0.0.0/8"]).unwrap())
}

fn narrow(world: &World, member: &Member) {
    let key = ApiKey::new("key_2", member.id).with_scopes(["payments:create"]);
    let key = key.with_networks(["192.0.2.0/24", "2001:db8::/32"]).unwrap();
    world.directory.insert_api_key(&member.key, key);
}

#[tokio::test]
async fn a_key_with_networks_is_good_from_there_alone() {
    let world = World::new();
    narrow(&world, &world.north);
    let chain = chain(&world);
    let with = |member: &Member| get().header(X_API_KEY, member.key.reveal());
    for address in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
        let request = with(&world.north).extension(from(address));
        let found = resolve(&chain, request).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), world.north.id, "{address}");
        assert_eq!(found.client_addr(), Some(from(address).0.to_canonical()));
    }
    let elsewhere = [with(&world.north), with(&world.north).extension(from("192.0.3.7"))];
    for request in elsewhere {
        let refused = resolve(&chain, request).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    }
    // South's key has no list.
    assert!(resolve(&chain, with(&world.south)).await.unwrap().is_some());
}

#[tokio::test]
async fn only_our_proxies_say_where_a_request_comes_from() {
    let world = World::new();
    narrow(&world, &world.north);
    let chain = Arc::new(chain(&world));
    let good = |peer, forwarded: &'static str| {
        let request = get().header(X_API_KEY, world.north.key.reveal()).extension(from(peer));
        let (request, chain) = (request.header("x-forwarded-for", forwarded), chain.clone());
        async move { resolve(&chain, request).await.is_ok() }
    };
    assert!(good("10.0.0.1", "192.0.2.7").await);
    assert!(good("10.0.0.1", "203.0.113.9, 192.0.2.7, 10.2.2.2").await);
    // What the client itself wrote stands further left.
    assert!(!good("10.0.0.1", "192.0.2.7, 203.0.113.9").await);
    // A stranger is no proxy, whatever it says.
    assert!(!good("203.0.113.9", "192.0.2.7").await);
    for nonsense in ["", "192.0.2.7:80", "unknown", "192.0.2.7, nonsense", ","] {
        assert!(!good("10.0.0.1", nonsense).await, "{nonsense}");
    }
}

#[tokio::test]
async fn scopes_come_with_the_actor() {
    let world = World::new();
    narrow(&world, &world.north);
    let actor = |member: &Member| {
        let request = get().header(X_API_KEY, member.key.reveal()).extension(from("192.0.2.7"));
        let found = world.resolve(request);
        async { found.await.unwrap().unwrap().actor().unwrap().clone() }
    };
    let (narrowed, plain) = (actor(&world.north).await, actor(&world.south).await);
    assert!(narrowed.may_use_scope("payments:create") && !narrowed.may_use_scope("payments:list"));
    assert!(plain.may_use_scope("payments:create") && plain.may_use_scope("payments:list"));
}
