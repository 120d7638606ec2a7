//! Statuses and codes over HTTP: the table of `resolve`, and what a tenant's status makes of a
//! request.

use http::Method;
use tenancy_axum::TenantLayer;
use tenancy_core::ErrorKind;

use super::answer::{Answer, send};
use super::app::{app, at, by, routes};
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::table::{Case, Outcome};
use crate::resolve::world::{World, get, get_from};

#[tokio::test]
async fn every_strategy_in_every_state() {
    let world = World::new();
    let app = app(&world);
    for case in Case::of_headers() {
        let answer = send(&app, case.request(&world)).await;
        let (status, code) = match case.outcome() {
            Outcome::North => {
                assert_eq!((answer.status.as_u16(), &*answer.body), (200, "north"), "{case:?}");
                continue;
            }
            Outcome::Nobody => (400, "tenant_required"),
            Outcome::Refused(kind) => over_http(kind),
        };
        assert_eq!(answer.told(), (status, code.to_owned()), "{case:?}");
        assert_is_a_refusal(&answer);
    }
}

/// The contract with callers, written down a second time on purpose.
fn over_http(kind: ErrorKind) -> (u16, &'static str) {
    match kind {
        ErrorKind::CredentialInvalid => (401, "credential_invalid"),
        ErrorKind::TenantUnknown => (404, "tenant_unknown"),
        ErrorKind::TenantMismatch => (403, "tenant_mismatch"),
        ErrorKind::TenantSuspended => (403, "tenant_suspended"),
        other => panic!("{other:?} is no outcome of resolution"),
    }
}

fn assert_is_a_refusal(answer: &Answer) {
    assert!(!answer.problem("title").is_empty());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("x-request-id").is_empty());
    let asks = answer.status == 401;
    assert_eq!(answer.header("www-authenticate"), if asks { "Bearer" } else { "" });
}

#[tokio::test]
async fn routes_that_need_no_tenant_serve_nobody_and_refuse_nonsense() {
    let world = World::new();
    let app = app(&world);
    for case in Case::of_headers() {
        let answer = send(&app, at("/public", case.request(&world))).await;
        let (status, _) = match case.outcome() {
            Outcome::North | Outcome::Nobody => (200, ""),
            Outcome::Refused(kind) => over_http(kind),
        };
        assert_eq!(answer.status.as_u16(), status, "{case:?}");
    }
}

#[tokio::test]
async fn hosts_that_are_not_below_the_base_name_nobody() {
    let world = World::new();
    let app = routes().layer(TenantLayer::new(world.chain_without_domains()));
    for host in ["evilbase.com", "127.0.0.1:8080", "[::1]:8080", "base.com", "WWW.base.com."] {
        let answer = send(&app, get_from(host)).await;
        assert_eq!(answer.told(), (400, "tenant_required".to_owned()), "{host}");
    }
    for host in ["SOUTH.BASE.COM", "south.base.com.:443", "api.south.base.com"] {
        assert_eq!(send(&app, get_from(host)).await.body, "south", "{host}");
    }
    let malformed = send(&app, get_from("north..base.com")).await;
    assert_eq!(malformed.told(), (400, "invalid_request".to_owned()));
    assert_eq!(malformed.problem("param"), "host");
}

#[tokio::test]
async fn a_read_only_tenant_is_read_and_not_changed() {
    let world = World::new();
    let app = app(&world);
    let (reads, writes) = (
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE],
        [Method::POST, Method::PUT, Method::PATCH, Method::DELETE],
    );
    let own = Method::from_bytes(b"PURGE").unwrap();
    for strategy in Strategy::of_headers() {
        for method in reads.clone() {
            let request = strategy.naming(&world, &world.museum, by(method.clone(), get()));
            assert_eq!(send(&app, request).await.status, 200, "{method}");
        }
        for method in writes.iter().chain([&own]) {
            let request = strategy.naming(&world, &world.museum, by(method.clone(), get()));
            let answer = send(&app, request).await;
            assert_eq!(answer.told(), (403, "tenant_read_only".to_owned()), "{method}");
            let request = strategy.naming(&world, &world.south, by(method.clone(), get()));
            assert_eq!(send(&app, request).await.status, 200, "{method}");
        }
    }
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_whatever_it_wants() {
    let world = World::new();
    let app = app(&world);
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
        let request = bearer(by(method.clone(), get()), world.frozen.key.reveal());
        assert_eq!(send(&app, request).await.status, 403, "{method}");
    }
}

/// Who contradicts itself learns nothing about the status of either tenant.
#[tokio::test]
async fn a_contradiction_comes_before_the_status() {
    let world = World::new();
    let app = app(&world);
    for (one, other) in [(&world.frozen, &world.north), (&world.north, &world.frozen)] {
        let request = Strategy::KeyHeader.naming(&world, one, get());
        let answer = send(&app, Strategy::Subdomain.naming(&world, other, request)).await;
        assert_eq!(answer.told(), (403, "tenant_mismatch".to_owned()));
    }
}
