//! Handlers that ask for capabilities, and who has them.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get as route_get, post};
use http::request::Builder;
use tenancy_axum::{
    AccessLayer, CurrentAccess, Permitted, PermittedOn, Problem, TenantLayer, WholeTenant,
};
use tenancy_core::access::{
    Capability, Grant, GrantSource, MemoryGrants, Owner, Permission, Resource, Role, RoleCatalogue,
    RoleName, Scope,
};
use tenancy_core::{Actor, ActorKind};

use crate::edge::answer::{Answer, send};
use crate::edge::app::at;
use crate::resolve::strategy::Strategy;
use crate::resolve::world::{Member, World, get};

struct CloseBooks;

impl Capability for CloseBooks {
    const PERMISSION: Permission = Permission::from_static("books:close");
}

struct Refund;

impl Capability for Refund {
    const PERMISSION: Permission = Permission::from_static("payments:refund");
}

/// Its catalogue has no such permission.
struct Forgotten;

impl Capability for Forgotten {
    const PERMISSION: Permission = Permission::from_static("payments:forgotten");
}

struct Payment {
    id: String,
    maker: &'static str,
}

impl Resource for Payment {
    fn scopes(&self) -> Cow<'_, [Scope]> {
        vec![Scope::TENANT.at("branch", 7).at("payment", &self.id)].into()
    }

    fn owner(&self) -> Owner<'_> {
        Owner::user(self.maker)
    }
}

async fn refund(may: PermittedOn<Refund>, Path(id): Path<String>) -> Result<String, Problem> {
    let maker = if id == "own" { "ada" } else { "eve" };
    Ok(give_back(&may.on(Payment { id, maker })?))
}

fn give_back(payment: &Permitted<Refund, Payment>) -> String {
    format!("{} by {}", payment.id, payment.grant_id())
}

async fn list(may: PermittedOn<Refund>) -> String {
    let payments = ["1", "10", "own"].map(|id| Payment { id: id.to_owned(), maker: "ada" });
    let listed = payments.iter().filter(|payment| may.is_permitted_on(payment));
    listed.map(|payment| payment.id.as_str()).collect::<Vec<_>>().join(" ")
}

async fn close(permitted: Permitted<CloseBooks, WholeTenant>) -> String {
    permitted.grant_id().to_owned()
}

async fn twice(_: Permitted<CloseBooks>, _: PermittedOn<Refund>, access: CurrentAccess) -> String {
    let names = access.access().catalogue().permissions();
    let mine = names.filter(|permission| access.is_permitted_somewhere(permission));
    mine.map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

async fn perhaps(permitted: Option<Permitted<CloseBooks>>) -> &'static str {
    if permitted.is_some() { "yes" } else { "no" }
}

pub(super) fn catalogue() -> RoleCatalogue {
    RoleCatalogue::builder()
        .capability::<CloseBooks>()
        .capability::<Refund>()
        .resource("payments", ["view"])
        .role(Role::new("clerk").may("payments:*"))
        .role(Role::new("accountant").inherits("clerk").may("books:close"))
        .build()
        .unwrap()
}

pub(super) fn routes() -> Router {
    Router::new()
        .route("/close", post(close).get(close))
        .route("/refunds/{id}", route_get(refund))
        .route("/refunds", route_get(list))
        .route("/twice", route_get(twice))
        .route("/perhaps", route_get(perhaps))
        .route("/forgotten", route_get(async |_: Permitted<Forgotten>| "never"))
        .route("/forgotten_on", route_get(async |_: PermittedOn<Forgotten>| "never"))
        .route("/public", route_get(async || "everybody's"))
}

pub(super) struct Desk {
    pub(super) world: World,
    pub(super) grants: Arc<MemoryGrants>,
    pub(super) app: Router,
}

impl Desk {
    pub(super) fn new() -> Self {
        let (world, grants) = (World::new(), Arc::new(MemoryGrants::new()));
        let app = app(&world, grants.clone());
        Self { world, grants, app }
    }

    /// Gives something to `ada`, whom [`Strategy::Jwt`] names.
    pub(super) fn grant(&self, member: &Member, grant: Grant) {
        self.grants.grant(member.id, &ada(), grant);
    }

    pub(super) async fn ask(&self, member: &Member, path: &'static str) -> Answer {
        send(&self.app, at(path, self.token(member))).await
    }

    pub(super) fn token(&self, member: &Member) -> Builder {
        Strategy::Jwt.naming(&self.world, member, get())
    }
}

pub(super) fn app(world: &World, source: Arc<dyn GrantSource>) -> Router {
    routes()
        .layer(AccessLayer::new(source, catalogue()).clock(world.clock.clone()))
        .layer(TenantLayer::new(world.chain()))
}

pub(super) fn ada() -> Actor {
    Actor::new(ActorKind::User, "ada")
}

pub(super) fn role(id: &str, name: &str, scope: &str) -> Grant {
    Grant::role(id, RoleName::parse(name).unwrap(), scope.parse().unwrap())
}

pub(super) fn denied() -> (u16, String) {
    (403, "permission_denied".to_owned())
}
