//! An application with every layer, as `edge_stack` and `edge_wrk` measure it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::request::Builder;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use tenancy_axum::{RateLimitLayer, TenantLayer, UsageLayer};
use tenancy_core::limit::{LimitName, MemoryRateLimiter, Policy, SlidingLog};
use tenancy_core::resolve::{ApiKeyResolver, JwtKey, JwtResolver, SubdomainResolver};
use tenancy_core::usage::{MemoryUsageMeter, UsageRecorder};
use tenancy_core::{
    CacheOptions, CachedDirectory, Clock, CounterClock, MemoryDirectory, PlanCatalogue,
    ResolverChain, Tenant, TenantDirectory as _, TenantId, TenantKey, TenantSlug,
};

const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";
/// What the plan `enterprise` allows.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(1_000).expect("a thousand is not zero");

/// The system's time, a minute each half millisecond: no request is refused, and the logs of the
/// limits are as long as where the limits are nearly used up.
#[derive(Debug)]
struct Hurried {
    clock: Arc<CounterClock>,
    start: i64,
}

impl Clock for Hurried {
    fn now_micros(&self) -> i64 {
        self.start + (self.clock.now_micros() - self.start) * 120_000
    }
}

/// One tenant, which the directory remembers.
pub(crate) struct Stack {
    directory: Arc<CachedDirectory<MemoryDirectory>>,
    usage: UsageRecorder,
    clock: Arc<CounterClock>,
    token: String,
}

impl Stack {
    pub(crate) async fn new() -> Self {
        let plan = PlanCatalogue::example().plan("enterprise").expect("an example plan");
        let slug = TenantSlug::parse("harbor").expect("a slug");
        let tenant = Tenant::new(TenantId::generate(), slug, plan);
        let id = tenant.id();
        let clock = Arc::new(CounterClock::new());
        let source = MemoryDirectory::new();
        source.insert(tenant).expect("a new slug");
        let directory =
            Arc::new(CachedDirectory::new(source, CacheOptions::new().clock(clock.clone())));
        directory.find(&TenantKey::Id(id)).await.expect("an answer").expect("a tenant");
        let now = clock.now().unix_timestamp();
        let claims = json!({
            "iss": "https://id.example",
            "aud": "bank",
            "sub": "ada",
            "exp": now + 86_400,
            "nbf": now,
            "tenant_id": id.to_string(),
        });
        let key = EncodingKey::from_secret(SECRET);
        let token = encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token");
        let meter = Arc::new(MemoryUsageMeter::new(clock.clone()));
        let usage = UsageRecorder::new(meter, clock.clone());
        Self { directory, usage: usage.flush_every(Duration::from_millis(250)), clock, token }
    }

    /// Puts a repeated token, the directory that remembers, three limits in memory in one
    /// decision, and usage around an application.
    pub(crate) fn around(&self, app: Router) -> Router {
        let jwt = JwtKey::hs256(SECRET).expect("a key");
        let chain = ResolverChain::new(self.directory.clone())
            .clock(self.clock.clone())
            .with(JwtResolver::new([jwt], "https://id.example", "bank").clock(self.clock.clone()))
            .with(ApiKeyResolver::bearer())
            .with(SubdomainResolver::under("example.com").expect("a domain"));
        let class = LimitName::from_static("reads");
        let hurried = Hurried { clock: self.clock.clone(), start: self.clock.now_micros() };
        let limits = RateLimitLayer::new(Arc::new(MemoryRateLimiter::new(Arc::new(hurried))))
            .by_plan()
            .and_by_principal(PER_MINUTE)
            .and_by_class(move |_| {
                Some((class.clone(), Policy::from(SlidingLog::per_minute(PER_MINUTE))))
            });
        let usage = UsageLayer::new(Arc::new(self.usage.clone()));
        // In one piece: axum wraps each call of `layer` once more.
        app.layer((TenantLayer::new(chain), limits, usage))
    }

    /// Returns the credential of a request that is served, as a header.
    pub(crate) fn credential(&self) -> String {
        format!("Bearer {}", self.token)
    }

    pub(crate) fn request(&self) -> Builder {
        http::Request::get("/").header("authorization", self.credential())
    }
}
