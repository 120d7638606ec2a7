//! Limits of those who name no tenant, and of those who try out credentials.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::request::Builder;
use tenancy_axum::{RateLimitLayer, TenantLayer};
use tenancy_core::limit::{LimitName, MemoryRateLimiter, SlidingLog};
use tenancy_core::resolve::{PeerAddr, TrustedProxies};

use super::answer::send;
use super::app::{at, routes};
use crate::resolve::strategy::bearer;
use crate::resolve::world::{World, get};

const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

fn from(address: &str, request: Builder) -> Builder {
    request.extension(PeerAddr(address.parse::<IpAddr>().unwrap()))
}

fn proxies() -> TrustedProxies {
    TrustedProxies::parse(["10.9.0.0/16"]).unwrap()
}

#[tokio::test]
async fn strangers_are_limited_by_their_address() {
    let world = World::new();
    let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
    let limits = RateLimitLayer::new(limiter).by_plan().strangers(THREE, proxies());
    let app = routes().layer(limits).layer(TenantLayer::new(world.chain()));
    for address in ["203.0.113.1", "203.0.113.2", "2001:db8:1:2::1"] {
        for _ in 0..3 {
            let answer = send(&app, at("/public", from(address, get()))).await;
            assert_eq!(answer.status, 200);
            assert!(answer.header("ratelimit").starts_with("\"strangers\""), "{answer:?}");
        }
        let refused = send(&app, at("/public", from(address, get()))).await;
        assert_eq!(refused.told(), (429, "rate_limited".to_owned()));
    }
    // The same network, and the same client behind a proxy.
    let same = from("2001:db8:1:2:3::9", get());
    assert_eq!(send(&app, at("/public", same)).await.status, 429);
    let behind = from("10.9.0.1", get()).header("x-forwarded-for", "203.0.113.1");
    assert_eq!(send(&app, at("/public", behind)).await.status, 429);
    // What a stranger writes itself changes nothing.
    let forged = from("203.0.113.1", get()).header("x-forwarded-for", "198.51.100.7");
    assert_eq!(send(&app, at("/public", forged)).await.status, 429);
    // Tenants have their own limits, from the same address.
    for member in [&world.north, &world.south] {
        let request = from("203.0.113.1", bearer(get(), member.key.reveal()));
        assert_eq!(send(&app, request).await.header("x-ratelimit-remaining"), "59");
    }
    // Whose address nobody knows share one limit.
    for status in [200, 200, 200, 429] {
        assert_eq!(send(&app, at("/public", get())).await.status, status);
    }
}

#[tokio::test]
async fn who_tries_out_credentials_is_stopped_before_they_are_looked_at() {
    let world = World::new();
    let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
    let policy = SlidingLog::per_minute(THREE);
    let layer = TenantLayer::new(world.chain()).limit_failures(limiter, policy, proxies());
    let app = routes().layer(layer);
    let (thief, customer) = ("203.0.113.1", "203.0.113.2");
    for _ in 0..3 {
        let tried = send(&app, from(thief, bearer(get(), "no_such_key"))).await;
        assert_eq!(tried.told(), (401, "credential_invalid".to_owned()));
    }
    // Even a good one is not looked at now.
    for member in [&world.north, &world.south] {
        let good = || bearer(get(), member.key.reveal());
        let stopped = send(&app, from(thief, good())).await;
        assert_eq!(stopped.told(), (429, "rate_limited".to_owned()));
        assert!(!stopped.header("retry-after").is_empty());
        assert!(!stopped.header("x-request-id").is_empty());
        // Nor does what is good count as a failure.
        for _ in 0..10 {
            assert_eq!(send(&app, from(customer, good())).await.body, member.slug);
        }
    }
    world.clock.advance(Duration::from_mins(1));
    let good = from(thief, bearer(get(), world.north.key.reveal()));
    assert_eq!(send(&app, good).await.status, 200);
}

#[tokio::test]
async fn classes_and_exemptions() {
    const REPORTS: LimitName = LimitName::from_static("reports");
    let world = World::new();
    let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
    let limits = RateLimitLayer::new(limiter)
        .by_plan()
        .and_by_class(|parts| {
            (parts.uri.path() == "/how").then_some((REPORTS, SlidingLog::per_minute(THREE).into()))
        })
        .exempt(|parts| parts.uri.path() == "/me");
    let app = routes().layer(limits).layer(TenantLayer::new(world.chain()));
    for member in [&world.north, &world.south] {
        let with_key = || bearer(get(), member.key.reveal());
        for status in [200, 200, 200, 429] {
            assert_eq!(send(&app, at("/how", with_key())).await.status, status);
        }
        // Strangers at the host have a class of their own.
        let stranger = crate::resolve::world::get_from(&member.host());
        assert_eq!(send(&app, at("/how", stranger)).await.status, 200);
        let other = send(&app, with_key()).await;
        assert_eq!(other.header("ratelimit"), "\"tenant\";r=56;t=60");
        assert_eq!(send(&app, at("/me", with_key())).await.header("ratelimit"), "");
    }
}
