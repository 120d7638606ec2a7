//! Routes behind `RequireTenantLayer`, and layers in the wrong order.

use std::sync::Arc;

use axum::Router;
use tenancy_axum::{QuotaLayer, RateLimitLayer, RequireTenantLayer, TenantLayer, UsageLayer};
use tenancy_core::limit::MemoryRateLimiter;
use tenancy_core::usage::{MemoryQuotaMeter, MemoryUsageMeter};

use super::answer::send;
use super::app::{at, routes};
use super::logs::Logs;
use crate::resolve::strategy::bearer;
use crate::resolve::world::{World, get, get_from};

#[tokio::test]
async fn it_asks_for_a_tenant_or_for_a_credential() {
    let world = World::new();
    let app = |layer| routes().layer(layer).layer(TenantLayer::new(world.chain()));
    let (any, proved) = (RequireTenantLayer::new(), RequireTenantLayer::new().credential());
    for app in [app(any), app(proved)] {
        let nobody = send(&app, at("/public", get())).await;
        assert_eq!(nobody.told(), (400, "tenant_required".to_owned()));
    }
    for member in [&world.north, &world.south] {
        let at_host = || at("/public", get_from(&member.host()));
        assert_eq!(send(&app(any), at_host()).await.status, 200);
        let refused = send(&app(proved), at_host()).await;
        assert_eq!(refused.told(), (401, "credential_required".to_owned()));
        let with_key = bearer(at_host(), member.key.reveal());
        assert_eq!(send(&app(proved), with_key).await.status, 200);
    }
}

#[tokio::test]
async fn a_wrong_order_answers_500_and_the_log_names_the_layer() {
    let world = World::new();
    let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
    let usage = Arc::new(MemoryUsageMeter::new(world.clock.clone()));
    let quotas = Arc::new(MemoryQuotaMeter::new(world.clock.clone()));
    let inner = || routes().layer(TenantLayer::new(world.chain()));
    let apps: [Router; 4] = [
        inner().layer(RequireTenantLayer::new()),
        inner().layer(RateLimitLayer::new(limiter)),
        inner().layer(UsageLayer::new(usage)),
        inner().layer(QuotaLayer::new(quotas, |_| None)),
    ];
    for app in apps {
        for member in [&world.north, &world.south] {
            let logs = Logs::start();
            let answer = send(&app, bearer(get(), member.key.reveal())).await;
            assert_eq!(answer.told(), (500, "internal".to_owned()));
            assert!(!answer.body.contains("TenantLayer"), "{}", answer.body);
            assert!(logs.line_with("add TenantLayer").contains("ERROR"));
        }
    }
}
