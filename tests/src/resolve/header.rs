//! The tenant header: anybody can write it, so alone it names nobody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tenancy_core::resolve::PeerAddr;
use tenancy_core::{ErrorKind, ResolvedVia, TenantId, Trust};

use super::strategy::{Strategy, bearer};
use super::world::{PROXY, World, X_TENANT_ID, get, get_from};

const STRANGER: PeerAddr = PeerAddr(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)));

#[tokio::test]
async fn alone_it_names_nobody_whatever_it_says() {
    let world = World::new();
    let names = [
        world.north.id.to_string(),
        world.south.slug.to_owned(),
        world.frozen.slug.to_owned(),
        world.gone.slug.to_owned(),
        TenantId::generate().to_string(),
        "Not A Name".to_owned(),
        String::new(),
    ];
    for name in names {
        let unproved = get().header(X_TENANT_ID, &name);
        assert!(world.resolve(unproved).await.unwrap().is_none(), "{name}");
        let from_stranger = get().extension(STRANGER).header(X_TENANT_ID, &name);
        assert!(world.resolve(from_stranger).await.unwrap().is_none(), "{name}");
    }
}

#[tokio::test]
async fn beside_a_credential_it_must_name_the_same_tenant() {
    let world = World::new();
    let with_key = |name: &str| bearer(get(), world.north.key.reveal()).header(X_TENANT_ID, name);
    for own_name in [world.north.id.to_string(), world.north.slug.to_owned()] {
        let found = world.resolve(with_key(&own_name)).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), world.north.id);
        assert_eq!((found.via(), found.trust()), (ResolvedVia::ApiKey, Trust::Credential));
    }
    for other_name in [world.south.id.to_string(), "nobody".to_owned(), "Not A Name".to_owned()] {
        let refused = world.resolve(with_key(&other_name)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TenantMismatch, "{other_name}");
    }
}

#[tokio::test]
async fn beside_a_host_it_must_name_the_same_tenant_and_adds_no_trust() {
    let world = World::new();
    let at_north = |name: &str| get_from(&world.north.host()).header(X_TENANT_ID, name);
    let found = world.resolve(at_north(world.north.slug)).await.unwrap().unwrap();
    assert_eq!((found.via(), found.trust()), (ResolvedVia::Header, Trust::Address));

    let refused = world.resolve(at_north(world.south.slug)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TenantMismatch);
}

#[tokio::test]
async fn from_a_declared_proxy_it_is_believed() {
    let world = World::new();
    for name in [world.south.id.to_string(), world.south.slug.to_owned()] {
        let request = get().extension(PROXY).header(X_TENANT_ID, &name);
        let found = world.resolve(request).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), world.south.id);
        assert_eq!((found.via(), found.trust()), (ResolvedVia::Header, Trust::Declared));
        assert!(found.actor().is_none());
    }
    let unknown = get().extension(PROXY).header(X_TENANT_ID, "nobody");
    assert_eq!(world.resolve(unknown).await.unwrap_err().kind(), ErrorKind::TenantUnknown);
}

#[tokio::test]
async fn a_proxy_is_known_by_its_address_in_either_form() {
    let world = World::new();
    let IpAddr::V4(proxy) = PROXY.0 else { panic!("{PROXY:?}") };
    for (peer, believed) in [
        (IpAddr::V6(proxy.to_ipv6_mapped()), true),
        (IpAddr::V6(Ipv6Addr::LOCALHOST), false),
        (IpAddr::V4(Ipv4Addr::LOCALHOST), false),
    ] {
        for member in [&world.north, &world.south] {
            let request = get().extension(PeerAddr(peer)).header(X_TENANT_ID, member.slug);
            let found = world.resolve(request).await.unwrap().map(|found| found.tenant().id());
            assert_eq!(found, believed.then_some(member.id), "{peer}");
        }
    }
}

#[tokio::test]
async fn a_proxy_cannot_overrule_a_credential() {
    let world = World::new();
    let request = Strategy::Jwt.naming(&world, &world.north, get());
    let request = Strategy::Header.naming(&world, &world.south, request);
    assert_eq!(world.resolve(request).await.unwrap_err().kind(), ErrorKind::TenantMismatch);
}

#[tokio::test]
async fn sent_twice_it_is_refused_even_when_both_agree() {
    let world = World::new();
    let name = world.north.slug;
    let twice = get().extension(PROXY).header(X_TENANT_ID, name).header(X_TENANT_ID, name);
    let refused = world.resolve(twice).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(refused.subject(), Some("x-tenant-id"));
}
