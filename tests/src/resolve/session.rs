//! Session cookies: who may bring one, and what one that leads nowhere means.

use http::Method;
use http::header::{COOKIE, HOST, HeaderName, ORIGIN};
use http::request::Builder;
use tenancy_core::{Clock as _, ErrorKind, Session, Trust};

use super::strategy::{Strategy, cookie};
use super::world::{World, get};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn post(world: &World) -> Builder {
    get().method(Method::POST).header(HOST, world.north.host())
}

#[tokio::test]
async fn a_session_names_its_tenant_and_who_signed_in() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let found = world.resolve(cookie(get(), member.session.reveal())).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), member.id);
        assert_eq!(found.trust(), Trust::Credential);
        assert_eq!(found.actor().unwrap().id(), format!("clerk_of_{}", member.slug));
    }
}

/// A browser sends the cookie with what other sites make it ask for.
#[tokio::test]
async fn a_change_that_another_site_asks_for_is_refused() {
    let world = World::new();
    let with = |request| cookie(request, world.north.session.reveal());
    let foreign: [(HeaderName, &str); 8] = [
        (SEC_FETCH_SITE, "cross-site"),
        // South's pages are of the same site, and not of the same tenant.
        (SEC_FETCH_SITE, "same-site"),
        (SEC_FETCH_SITE, "Same-Origin"),
        (ORIGIN, "https://evil.example"),
        (ORIGIN, "https://south.base.com"),
        (ORIGIN, "https://north.base.com.evil.example"),
        (ORIGIN, "null"),
        (ORIGIN, ""),
    ];
    for (name, value) in foreign {
        let refused = world.resolve(with(post(&world)).header(&name, value)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CredentialInvalid, "{name}: {value}");
        // Following a link to a page is no change.
        let read = with(get()).header(&name, value);
        assert!(world.resolve(read).await.unwrap().is_some(), "{name}: {value}");
    }
    let twice = with(post(&world)).header(ORIGIN, "https://north.base.com").header(ORIGIN, "null");
    assert!(world.resolve(twice).await.is_err());
}

#[tokio::test]
async fn a_change_that_its_own_pages_ask_for_passes() {
    let world = World::new();
    let own: [(HeaderName, &str); 4] = [
        (SEC_FETCH_SITE, "same-origin"),
        (SEC_FETCH_SITE, "none"),
        (ORIGIN, "https://north.base.com"),
        (ORIGIN, "https://NORTH.base.com:8443"),
    ];
    for (name, value) in own {
        let request = cookie(post(&world), world.north.session.reveal()).header(&name, value);
        let found = world.resolve(request).await.unwrap().unwrap();
        assert_eq!(found.tenant().id(), world.north.id, "{name}: {value}");
    }
}

/// Else a browser with an old cookie could never open the sign-in page.
#[tokio::test]
async fn a_cookie_that_leads_nowhere_is_none() {
    let world = World::new();
    let old = cookie(get(), world.north.session.reveal()).header(HOST, world.north.host());
    world.clock.advance(std::time::Duration::from_hours(1));
    let found = world.resolve(old).await.unwrap().unwrap();
    assert_eq!((found.trust(), found.actor()), (Trust::Address, None));

    world.directory.end_session(&world.south.session);
    let ended = cookie(get(), world.south.session.reveal());
    assert!(world.resolve(ended).await.unwrap().is_none());
}

#[tokio::test]
async fn of_two_cookies_none_is_believed() {
    let world = World::new();
    let (north, south) = (world.north.session.reveal(), world.south.session.reveal());
    let values = [
        format!("__Host-session={north}; __Host-session={south}"),
        format!("__Host-session={north}; a=b;__Host-session={north}"),
    ];
    for value in values {
        let refused = world.resolve(get().header(COOKIE, value)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    }
    let apart = cookie(cookie(get(), north), south);
    assert_eq!(world.resolve(apart).await.unwrap_err().kind(), ErrorKind::CredentialInvalid);
    // Other names are other cookies: what another subdomain can set does not count.
    for name in ["session", "__host-session", "__Host-session2", " x__Host-session"] {
        let other = get().header(COOKIE, format!("{name}={north}"));
        assert!(world.resolve(other).await.unwrap().is_none(), "{name}");
    }
}

/// A record that says another tenant's session is this one's must not be believed.
#[tokio::test]
async fn a_session_of_one_tenant_never_opens_another() {
    let world = World::new();
    for strategy in [Strategy::Subdomain, Strategy::Domain, Strategy::Header, Strategy::Path] {
        let request = cookie(get(), world.north.session.reveal());
        let refused = world.resolve(strategy.naming(&world, &world.south, request)).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::TenantMismatch, "{strategy:?}");
    }
    let actor = tenancy_core::Actor::new(tenancy_core::ActorKind::User, "clerk");
    let end = world.clock.now() + time::Duration::HOUR;
    let nobody = Session::new("s", tenancy_core::TenantId::generate(), actor, end);
    world.directory.insert_session(&world.south.session, nobody);
    let request = cookie(get(), world.south.session.reveal());
    assert!(world.resolve(request).await.unwrap().is_none());
}
