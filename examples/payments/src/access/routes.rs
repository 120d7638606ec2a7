use kit::Json;
use serde::Serialize;
use tenancy_axum::CurrentAccess;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::catalogue::declared;
use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(roles)).routes(routes!(permissions))
}

/// A role, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
struct RoleView {
    #[schema(example = "operator")]
    name: String,
    #[schema(example = json!(["payments:create", "payments:view"]))]
    permissions: Vec<String>,
}

/// A permission, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Permission)]
struct PermissionView {
    #[schema(example = "payments:view")]
    name: &'static str,
    #[schema(example = "See payments.")]
    description: &'static str,
}

/// List the roles, and what each may do
#[utoipa::path(
    get,
    path = "/v1/roles",
    tag = "access",
    responses((status = 200, body = Vec<RoleView>))
)]
async fn roles(access: CurrentAccess) -> Json<Vec<RoleView>> {
    let catalogue = access.access().catalogue();
    let view = |name| {
        let permissions = catalogue.role_permissions(name).into_iter().flatten();
        RoleView {
            name: name.to_string(),
            permissions: permissions.map(ToString::to_string).collect(),
        }
    };
    Json(catalogue.roles().map(view).collect())
}

/// List the permissions
#[utoipa::path(
    get,
    path = "/v1/permissions",
    tag = "access",
    responses((status = 200, body = Vec<PermissionView>))
)]
async fn permissions(_: CurrentAccess) -> Json<Vec<PermissionView>> {
    let view = |found: &'static super::Declared| PermissionView {
        name: found.permission,
        description: found.about,
    };
    let mut all: Vec<_> = declared().map(view).collect();
    all.sort_unstable_by_key(|permission| permission.name);
    Json(all)
}
