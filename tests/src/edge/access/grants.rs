//! Grants, forbids and credentials, as they open routes.

use std::time::Duration;

use tenancy_axum::AccessLayer;
use tenancy_core::access::Forbid;
use tenancy_core::{
    Actor, ActorKind, ApiKey, ApiKeySecret, Clock as _, TenantContext, TenantDirectory as _,
    TenantKey,
};

use super::desk::{Desk, ada, catalogue, denied, role, routes};
use crate::edge::answer::send;
use crate::edge::app::at;
use crate::resolve::strategy::bearer;
use crate::resolve::world::{get, get_from};

#[tokio::test]
async fn a_grant_at_one_tenant_is_none_at_another() {
    let desk = Desk::new();
    let (north, south) = (&desk.world.north, &desk.world.south);
    desk.grant(north, role("g1", "accountant", "tenant"));
    for _ in 0..2 {
        let answer = desk.ask(north, "/close").await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "g1"));
        assert_eq!(desk.ask(south, "/close").await.told(), denied());
        assert_eq!(desk.ask(south, "/refunds/1").await.told(), denied());
    }
    assert_eq!(desk.ask(north, "/perhaps").await.body, "yes");
    assert_eq!(desk.ask(south, "/perhaps").await.body, "no");
}

/// The whole tenant is not permitted to whom a part of it is, however large a part.
#[tokio::test]
async fn a_narrower_grant_does_not_open_the_whole_tenant() {
    let desk = Desk::new();
    let (north, south) = (&desk.world.north, &desk.world.south);
    desk.grant(north, role("g1", "accountant", "branch/7"));
    desk.grant(south, role("g2", "accountant", "tenant").only_own());
    for member in [north, south] {
        assert_eq!(desk.ask(member, "/close").await.told(), denied());
        assert_eq!(desk.ask(member, "/perhaps").await.body, "no");
    }
}

#[tokio::test]
async fn an_object_is_asked_about_before_it_is_touched() {
    let desk = Desk::new();
    let (north, south) = (&desk.world.north, &desk.world.south);
    desk.grant(north, role("g1", "clerk", "branch/7/payment/1"));
    desk.grant(south, role("g2", "clerk", "tenant").only_own());
    assert_eq!(desk.ask(north, "/refunds/1").await.body, "1 by g1");
    assert_eq!(desk.ask(north, "/refunds/10").await.told(), denied());
    assert_eq!(desk.ask(north, "/refunds/1%20").await.told(), denied());
    assert_eq!(desk.ask(north, "/refunds/own").await.told(), denied());
    assert_eq!(desk.ask(north, "/refunds").await.body, "1");
    assert_eq!(desk.ask(south, "/refunds/own").await.body, "own by g2");
    assert_eq!(desk.ask(south, "/refunds/1").await.told(), denied());
    assert_eq!(desk.ask(south, "/refunds").await.body, "1 10 own");
}

/// Who may refund nothing at all is not even told that a list is empty.
#[tokio::test]
async fn who_has_it_nowhere_is_refused_before_the_handler_runs() {
    let desk = Desk::new();
    let (north, south) = (&desk.world.north, &desk.world.south);
    desk.grant(north, role("g1", "clerk", "branch/8"));
    let end = desk.world.clock.now();
    desk.grant(south, role("g1", "clerk", "tenant").valid_until(end));
    assert_eq!(desk.ask(north, "/refunds").await.told(), (200, String::new()));
    assert_eq!(desk.ask(south, "/refunds").await.told(), denied());
}

#[tokio::test]
async fn a_forbid_about_a_part_closes_the_whole() {
    let desk = Desk::new();
    let forbid = Forbid::new("f1", "*:*".parse().unwrap(), "branch/7/payment/1".parse().unwrap());
    for member in [&desk.world.north, &desk.world.south] {
        desk.grant(member, role("g1", "accountant", "tenant"));
    }
    desk.grants.forbid(desk.world.north.id, &ada(), forbid);
    assert_eq!(desk.ask(&desk.world.north, "/close").await.told(), denied());
    assert_eq!(desk.ask(&desk.world.north, "/refunds/1").await.told(), denied());
    assert_eq!(desk.ask(&desk.world.north, "/refunds/10").await.body, "10 by g1");
    assert_eq!(desk.ask(&desk.world.south, "/close").await.body, "g1");
    assert_eq!(desk.ask(&desk.world.south, "/refunds/1").await.body, "1 by g1");
}

#[tokio::test]
async fn without_a_credential_nothing_is_permitted() {
    let desk = Desk::new();
    for member in [&desk.world.north, &desk.world.south] {
        desk.grant(member, role("g1", "accountant", "tenant"));
        for path in ["/close", "/refunds/1", "/twice"] {
            let answer = send(&desk.app, at(path, get_from(&member.host()))).await;
            assert_eq!(answer.told(), (401, "credential_required".to_owned()));
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        assert_eq!(send(&desk.app, at("/perhaps", get_from(&member.host()))).await.body, "no");
    }
    assert_eq!(
        send(&desk.app, at("/close", get())).await.told(),
        (400, "tenant_required".to_owned())
    );
    assert_eq!(send(&desk.app, at("/perhaps", get())).await.body, "no");
    assert_eq!(send(&desk.app, at("/public", get())).await.body, "everybody's");
}

#[tokio::test]
async fn the_next_request_after_the_end_is_refused() {
    let desk = Desk::new();
    let end = desk.world.clock.now() + Duration::from_mins(1);
    for member in [&desk.world.north, &desk.world.south] {
        desk.grant(member, role("g1", "accountant", "tenant").valid_until(end));
    }
    desk.world.clock.set(end - Duration::from_micros(1));
    assert_eq!(desk.ask(&desk.world.north, "/close").await.body, "g1");
    desk.world.clock.advance(Duration::from_micros(1));
    for member in [&desk.world.north, &desk.world.south] {
        assert_eq!(desk.ask(member, "/close").await.told(), denied());
        assert_eq!(desk.ask(member, "/refunds/1").await.told(), denied());
    }
}

#[tokio::test]
async fn a_key_is_narrowed_to_its_scopes() {
    let desk = Desk::new();
    for member in [&desk.world.north, &desk.world.south] {
        let secret = ApiKeySecret::generate("test").unwrap();
        let key = ApiKey::new("till", member.id).with_scopes(["payments:refund"]);
        desk.world.directory.insert_api_key(&secret, key);
        let till = Actor::new(ActorKind::ApiKey, "till");
        desk.grants.grant(member.id, &till, role("g1", "accountant", "tenant"));
        let ask = |path| send(&desk.app, at(path, bearer(get(), secret.reveal())));
        assert_eq!(ask("/refunds/1").await.body, "1 by g1");
        let refused = ask("/close").await;
        assert_eq!(refused.told(), denied());
        assert!(refused.problem("detail").contains("scopes do not include"), "{}", refused.body);
    }
}

/// Support may do what it was given, and what the one it acts for may do.
#[tokio::test]
async fn support_is_narrowed_to_whom_it_acts_for() {
    let desk = Desk::new();
    let support = Actor::new(ActorKind::User, "support").on_behalf_of(ada());
    for member in [&desk.world.north, &desk.world.south] {
        desk.grants.grant(member.id, &support, role("s1", "accountant", "tenant"));
        let found = desk.world.directory.find(&TenantKey::Id(member.id)).await.unwrap().unwrap();
        let context = TenantContext::for_program(found.tenant).with_actor(support.clone());
        let app = routes().layer(
            AccessLayer::new(desk.grants.clone(), catalogue()).clock(desk.world.clock.clone()),
        );
        let ask = |path| send(&app, at(path, get().extension(context.clone())));
        assert_eq!(ask("/refunds/1").await.told(), denied());
        desk.grant(member, role("g1", "clerk", "branch/7"));
        assert_eq!(ask("/refunds/1").await.body, "1 by s1");
        assert_eq!(ask("/close").await.told(), denied());
    }
}
