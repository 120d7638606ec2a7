//! A refusal tells nothing about tenants that are not the caller's.

use tenancy_core::TenantId;

use super::answer::send;
use super::app::app;
use crate::resolve::strategy::bearer;
use crate::resolve::world::{BASE, World, X_TENANT_ID, get, get_from};

#[tokio::test]
async fn another_tenant_and_no_tenant_get_the_same_bytes() {
    let world = World::new();
    let app = app(&world);
    let with_key = |request| {
        bearer(request, world.north.key.reveal()).header("x-request-id", "the-same-each-time")
    };
    let by_header = |name: &str| with_key(get()).header(X_TENANT_ID, name);
    let by_host = |name: &str| with_key(get_from(&format!("{name}.{BASE}")));

    let expected = send(&app, by_header(world.south.slug)).await;
    assert_eq!(expected.told(), (403, "tenant_mismatch".to_owned()));
    assert!(!expected.body.contains(world.south.slug) && !expected.body.contains("north"));

    let random = TenantId::generate().to_string();
    for name in ["nobody", "frozen", "museum", "gone", "Not A Name", &random] {
        assert_eq!(send(&app, by_header(name)).await, expected, "{name}");
    }
    for name in ["south", "nobody", "frozen", "museum", "gone", "not_a_name"] {
        assert_eq!(send(&app, by_host(name)).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_closed_tenant_and_one_that_never_was_get_the_same_bytes() {
    let world = World::new();
    let app = app(&world);
    let at = |name: &str| get_from(&format!("{name}.{BASE}")).header("x-request-id", "same");
    let closed = send(&app, at("gone")).await;
    assert_eq!(closed.told(), (404, "tenant_unknown".to_owned()));
    assert_eq!(send(&app, at("nobody")).await, closed);
}

#[tokio::test]
async fn bad_credentials_get_the_same_bytes_whatever_is_wrong_with_them() {
    let world = World::new();
    let app = app(&world);
    let with = |token: &str| bearer(get(), token).header("x-request-id", "same");
    let expected = send(&app, with("a.b.c")).await;
    assert_eq!(expected.told(), (401, "credential_invalid".to_owned()));
    let unknown_key = tenancy_core::ApiKeySecret::generate("test").unwrap();
    for token in ["x", "eyJhbGciOiJub25lIn0.e30.", world.gone.key.reveal(), unknown_key.reveal()] {
        assert_eq!(send(&app, with(token)).await, expected);
    }
}
