//! Two tenants with their credentials, and a chain of every strategy.

use std::sync::Arc;

use http::request::{Builder, Parts};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use tenancy_core::resolve::{
    ApiKeyResolver, DomainResolver, HeaderResolver, JwtKey, JwtResolver, PathResolver,
    SessionResolver, SubdomainResolver,
};
use tenancy_core::{
    ApiKey, ApiKeySecret, Clock as _, Error, ManualClock, MemoryDirectory, PlanCatalogue,
    Resolution, ResolverChain, Tenant, TenantId, TenantSlug,
};
use tokio::runtime::Runtime;

pub(crate) const BASE: &str = "base.com";
const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";

pub(crate) struct Member {
    pub(crate) id: TenantId,
    pub(crate) slug: &'static str,
    pub(crate) key: ApiKeySecret,
    pub(crate) token: String,
}

pub(crate) struct World {
    pub(crate) north: Member,
    pub(crate) south: Member,
    chain: ResolverChain,
    runtime: Runtime,
}

impl World {
    /// Calls a function with the world of this thread, which stays between inputs.
    pub(crate) fn with<R>(run: impl FnOnce(&Self) -> R) -> R {
        thread_local! {
            static WORLD: World = World::new();
        }
        WORLD.with(run)
    }

    pub(crate) fn resolve(&self, request: Builder) -> Result<Option<Resolution>, Error> {
        self.resolve_parts(&request.body(()).expect("a request").into_parts().0)
    }

    pub(crate) fn resolve_parts(&self, parts: &Parts) -> Result<Option<Resolution>, Error> {
        self.runtime.block_on(self.chain.resolve(parts))
    }

    fn new() -> Self {
        let clock = Arc::new(ManualClock::at_unix(1_795_219_200));
        let directory = MemoryDirectory::new();
        let [north, south] = ["north", "south"].map(|slug| Member::join(&directory, slug, &clock));
        let jwt = JwtKey::hs256(SECRET).expect("a long secret");
        let chain = ResolverChain::new(Arc::new(directory))
            .clock(clock.clone())
            .with(JwtResolver::new([jwt], "https://id.example", "bank").clock(clock))
            .with(ApiKeyResolver::bearer())
            .with(ApiKeyResolver::header(http::HeaderName::from_static("x-api-key")))
            .with(SessionResolver::host_cookie())
            .with(HeaderResolver::x_tenant_id())
            .with(SubdomainResolver::under(BASE).expect("a domain"))
            .with(DomainResolver::except([BASE]).expect("a domain"))
            .with(PathResolver::under("/t/").expect("a prefix"));
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        Self { north, south, chain, runtime: runtime.expect("a runtime") }
    }
}

impl Member {
    fn join(directory: &MemoryDirectory, slug: &'static str, clock: &ManualClock) -> Self {
        let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
        let tenant =
            Tenant::new(TenantId::generate(), TenantSlug::parse(slug).expect("a slug"), plan);
        let id = tenant.id();
        directory.insert(tenant).expect("a new slug");
        let key = ApiKeySecret::generate("test").expect("random bytes");
        directory.insert_api_key(&key, ApiKey::new("key_1", id));
        let now = clock.now().unix_timestamp();
        let claims = json!({
            "iss": "https://id.example", "aud": "bank", "sub": "ada",
            "exp": now + 600, "nbf": now, "tenant_id": id.to_string(),
        });
        let signing = EncodingKey::from_secret(SECRET);
        let token = encode(&Header::new(Algorithm::HS256), &claims, &signing).expect("a token");
        Self { id, slug, key, token }
    }
}
