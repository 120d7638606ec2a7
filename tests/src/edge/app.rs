//! A small application behind the layer.

use axum::Router;
use axum::routing::{any, get};
use http::Method;
use http::request::Builder;
use tenancy_axum::{CurrentActor, CurrentContext, CurrentTenant, TenantLayer};

use crate::resolve::world::World;

/// Routes that ask for a tenant, for an actor, and for nothing, under `TenantLayer`.
pub(super) fn app(world: &World) -> Router {
    routes().layer(TenantLayer::new(world.chain()))
}

pub(super) fn routes() -> Router {
    Router::new()
        .route("/", any(async |tenant: CurrentTenant| tenant.slug().to_string()))
        .route("/maybe", get(maybe))
        .route("/how", get(how))
        .route("/me", get(async |actor: CurrentActor| actor.id().to_owned()))
        .route("/perhaps_me", get(perhaps_me))
        .route("/public", get(async || "everybody's"))
}

async fn maybe(tenant: Option<CurrentTenant>) -> String {
    tenant.map_or("nobody".to_owned(), |tenant| tenant.slug().to_string())
}

async fn how(context: CurrentContext) -> String {
    format!("{} via {}", context.tenant().slug(), context.resolved_via())
}

async fn perhaps_me(actor: Option<CurrentActor>) -> String {
    actor.map_or("a stranger".to_owned(), |actor| actor.id().to_owned())
}

/// Changes where a request goes.
pub(super) fn at(path: &'static str, request: Builder) -> Builder {
    request.uri(path)
}

/// Changes what a request wants.
pub(super) fn by(method: Method, request: Builder) -> Builder {
    request.method(method)
}
