//! Which request meets what, in which order.

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::{Extension, Router};
use kit::{DemoClock, OperatorKey};
use tenancy_axum::{AccessLayer, RateLimitLayer, TenantLayer, UsageLayer};
use tenancy_core::ResolverChain;
use tenancy_core::audit::AuditLevel;
use tenancy_core::resolve::TrustedProxies;

use crate::app::App;
use crate::{api, inbound, mode, pages, platform, probes, sign_in, tokens};

/// The largest body: a hundred times what a payment needs.
const BODY: usize = 64 * 1024;

/// Puts the routes together. `usage` is handed in because it is waited for at the end.
///
/// `operated` is the clock that can be moved, and the key to it; `proxies` say where clients are.
pub(crate) fn router(
    app: App,
    chain: ResolverChain,
    access: &AccessLayer,
    usage: &UsageLayer,
    operated: Option<(DemoClock, OperatorKey)>,
    proxies: TrustedProxies,
) -> Router {
    let keep = from_fn_with_state(app.clone(), sign_in::keep);
    let longest = app.patience().request;
    let tenants = TenantLayer::new(chain)
        .audit(app.auditor().clone(), AuditLevel::Failures)
        .serve_suspended(|parts| is_served_always(parts.uri.path()));
    let limits = RateLimitLayer::new(app.limiter().clone()).by_plan().audit(app.auditor().clone());
    // Resolve, limit, count, and only then the handler.
    let for_tenants = |routes: Router<App>| {
        routes
            .layer(from_fn(mode::enter))
            .layer(from_fn(kit::mask_for_others))
            .layer(kit::catch_panics())
            .layer(keep.clone())
            .layer(from_fn(kit::audit::audit_requests))
            .layer(usage.clone())
            .layer(access.clone())
            .layer(limits.clone())
            .layer(tenants.clone())
    };
    let (api, description) = api::router().split_for_parts();
    let (of_platform, _) = platform::router().split_for_parts();
    let of_platform = of_platform
        .layer(kit::catch_panics())
        .layer(from_fn_with_state(app.auditor().clone(), kit::audit::audit_platform))
        .layer(from_fn_with_state(app.clone(), platform::identify))
        .layer(map_response(kit::no_store));
    let (probes, _) = probes::router().split_for_parts();
    let (keys, _) = tokens::routes::published().split_for_parts();
    // With a limit of their own: neither takes from the other.
    let (sources, _) = inbound::receive::router().split_for_parts();
    let sources = sources.layer(kit::catch_panics()).layer(tenants.clone());
    let of_operators = operated
        .map(|(clock, key)| kit::clock_router(clock, key).layer(map_response(kit::no_store)));
    Router::new()
        .merge(of_operators.unwrap_or_default())
        .merge(for_tenants(api).layer(map_response(kit::no_store)))
        .merge(of_platform)
        .merge(for_tenants(pages::router()).layer(from_fn(pages::explain)))
        .merge(sources.layer(map_response(kit::no_store)))
        .merge(probes)
        .merge(keys)
        .merge(pages::assets())
        .merge(kit::docs(description))
        .fallback(kit::no_such_route)
        .method_not_allowed_fallback(kit::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(kit::catch_panics())
        .layer(from_fn(move |request, next| kit::within(longest, request, next)))
        .layer(map_response(kit::security_headers))
        .layer(from_fn(kit::trace_requests))
        .layer(from_fn(kit::peer_addr))
        .layer(Extension(proxies))
        .with_state(app)
}

/// Providers tell what has become of money also when a bank is suspended. Whoever takes the data of
/// a bank along that is read-only, because it is being closed, signs in.
fn is_served_always(path: &str) -> bool {
    path.starts_with(inbound::receive::PREFIX)
        || ["/v1/auth/login", "/v1/auth/second-factor/verify", "/v1/auth/logout"].contains(&path)
}
