//! What do all layers together add to a request, beside a bare axum handler?
//!
//! A repeated token, the directory that remembers, three limits in memory in one decision, and
//! usage. In process: no socket.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::body::Body;
use axum::{Router, routing::get};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use tenancy_axum::{RateLimitLayer, TenantLayer, UsageLayer};
use tenancy_core::limit::{LimitName, MemoryRateLimiter, Policy, SlidingLog};
use tenancy_core::resolve::{ApiKeyResolver, JwtKey, JwtResolver, SubdomainResolver};
use tenancy_core::usage::MemoryUsageMeter;
use tenancy_core::{
    CacheOptions, CachedDirectory, Clock, MemoryDirectory, Overrides, PlanCatalogue, ResolverChain,
    SystemClock, Tenant, TenantDirectory as _, TenantId, TenantKey, TenantSlug,
};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";
/// As much as a limit counts exactly.
const PER_MINUTE: NonZeroU32 = SlidingLog::MAX_N;

/// The system's time, a minute each second: a million requests a second are not refused.
#[derive(Debug)]
struct Hurried;

impl Clock for Hurried {
    fn now_micros(&self) -> i64 {
        SystemClock.now_micros() * 60
    }
}

fn bare() -> Router {
    Router::new().route("/", get(|| async { "served" }))
}

/// Returns the application with every layer, and a request that it serves.
fn layered(runtime: &Runtime) -> (Router, impl Fn() -> Request<Body>) {
    let plan = PlanCatalogue::example().plan("enterprise").expect("an example plan");
    let slug = TenantSlug::parse("harbor").expect("a slug");
    let tenant = Tenant::new(TenantId::generate(), slug, plan)
        .with_overrides(Overrides::new().with_requests_per_minute(PER_MINUTE));
    let id = tenant.id();
    let source = MemoryDirectory::new();
    source.insert(tenant).expect("a new slug");
    let directory = Arc::new(CachedDirectory::new(source, CacheOptions::new()));
    runtime.block_on(directory.find(&TenantKey::Id(id))).expect("an answer").expect("a tenant");

    let claims = json!({
        "iss": "https://id.example",
        "aud": "bank",
        "sub": "ada",
        "exp": SystemClock.now().unix_timestamp() + 86_400,
        "nbf": SystemClock.now().unix_timestamp(),
        "tenant_id": id.to_string(),
    });
    let key = EncodingKey::from_secret(SECRET);
    let token = encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token");
    let jwt = JwtKey::hs256(SECRET).expect("a key");
    let chain = ResolverChain::new(directory)
        .with(JwtResolver::new([jwt], "https://id.example", "bank"))
        .with(ApiKeyResolver::bearer())
        .with(SubdomainResolver::under("example.com").expect("a domain"));
    let class = LimitName::from_static("reads");
    let limits = RateLimitLayer::new(Arc::new(MemoryRateLimiter::new(Arc::new(Hurried))))
        .by_plan()
        .and_by_principal(PER_MINUTE)
        .and_by_class(move |_| {
            Some((class.clone(), Policy::from(SlidingLog::per_minute(PER_MINUTE))))
        });
    let app = bare()
        .layer(UsageLayer::new(Arc::new(MemoryUsageMeter::new(Arc::new(SystemClock)))))
        .layer(limits)
        .layer(TenantLayer::new(chain));
    let request = move || {
        let request = Request::get("/").header("authorization", format!("Bearer {token}"));
        request.body(Body::empty()).expect("a request")
    };
    (app, request)
}

fn stack(c: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (layered, request) = layered(&runtime);
    let mut group = c.benchmark_group("edge_stack");
    for (name, app) in [("bare", bare()), ("all_layers", layered)] {
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter(|| {
                let (app, request) = (app.clone(), request());
                async {
                    let response = app.oneshot(request).await.expect("it does not fail");
                    assert_eq!(response.status(), StatusCode::OK);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, stack);
criterion_main!(benches);
