use axum::extract::State;
use http::StatusCode;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use serde::Deserialize;
use tenancy_axum::{CurrentAccess, Permitted};
use tenancy_core::Problem;
use time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api_key::{ApiKeyView, IssuedView};
use super::capabilities::{CreateApiKeys, RevokeApiKeys, ViewApiKeys};
use super::new_api_key::{NewApiKey, may_give};
use super::{ApiKeyRecord, issue};
use crate::app::App;
use crate::ids::{ApiKeyId, PathId, missing};
use crate::people::HomeTenant;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, revoke))
        .routes(routes!(rotate))
}

/// How a key is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// How long the old key stays good, at most seven days; without it, no longer.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 604_800, example = 3600)]
    overlap_seconds: u32,
}

/// Make an API key
///
/// The answer shows the key, once. It may do what its scopes name, and its maker may too. A live
/// key needs a plan with `api_access`.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    tag = "api-keys",
    security(("bearer" = ["api-keys:create"])),
    request_body = NewApiKey,
    responses(
        (status = 201, body = IssuedView),
        (status = 403, description = "A scope is not permitted to its maker, or the plan has no \
            live keys", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn create(
    _: Permitted<CreateApiKeys>,
    access: CurrentAccess,
    State(app): State<App>,
    tenant: HomeTenant,
    Json(new): Json<NewApiKey>,
) -> Result<(StatusCode, Json<IssuedView>), Problem> {
    let record = new.checked(&access, &tenant, app.now())?;
    Ok((StatusCode::CREATED, Json(issue::issue(&app, record).await?)))
}

/// List API keys, the newest first
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    tag = "api-keys",
    security(("bearer" = ["api-keys:view"])),
    params(PageParams),
    responses((status = 200, body = List<ApiKeyView>))
)]
async fn list(
    _: Permitted<ViewApiKeys>,
    State(app): State<App>,
    tenant: HomeTenant,
    query: PageQuery<ApiKeyId>,
) -> Result<Json<List<ApiKeyView>>, Problem> {
    let keys = app.db().read(tenant.id()).repo::<ApiKeyRecord>().list(query.page()).await?;
    Ok(Json(List::of(keys, ApiKeyView::from)))
}

/// Read an API key
#[utoipa::path(
    get,
    path = "/v1/api-keys/{id}",
    tag = "api-keys",
    security(("bearer" = ["api-keys:view"])),
    params(("id" = ApiKeyId, Path)),
    responses(
        (status = 200, body = ApiKeyView),
        (status = 404, description = "There is no such key", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewApiKeys>,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<ApiKeyId>,
) -> Result<Json<ApiKeyView>, Problem> {
    let key =
        app.db().read(tenant.id()).repo::<ApiKeyRecord>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(key.into()))
}

/// Replace an API key by a new one with the same rights
///
/// Both are good for as long as they overlap.
#[utoipa::path(
    post,
    path = "/v1/api-keys/{id}/rotate",
    tag = "api-keys",
    security(("bearer" = ["api-keys:create"])),
    params(("id" = ApiKeyId, Path)),
    request_body = Option<Rotation>,
    responses(
        (status = 201, body = IssuedView),
        (status = 404, description = "There is no such key", body = ProblemBody),
        (status = 409, description = "It is revoked, has ended, or is replaced", body = ProblemBody),
    )
)]
async fn rotate(
    _: Permitted<CreateApiKeys>,
    access: CurrentAccess,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<ApiKeyId>,
    rotation: Option<Json<Rotation>>,
) -> Result<(StatusCode, Json<IssuedView>), Problem> {
    let Json(Rotation { overlap_seconds }) = rotation.unwrap_or_default();
    let old = app
        .db()
        .read_latest(tenant.id())
        .repo::<ApiKeyRecord>()
        .get(&id)
        .await?
        .ok_or_else(missing)?;
    let now = app.now();
    if !old.is_good(now) || old.replaced_by.is_some() {
        return Err(Problem::new(409, "api_key_not_rotatable", "The key is not in use"));
    }
    // Whoever replaces it gets to see the new one.
    let scopes = old.scopes.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    may_give(&access, &scopes)?;
    let overlap = Duration::seconds(overlap_seconds.into()).min(issue::LONGEST_OVERLAP);
    Ok((StatusCode::CREATED, Json(issue::rotate(&app, old, now + overlap).await?)))
}

/// Revoke an API key
///
/// It opens nothing any more, on any node, within a second.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{id}",
    tag = "api-keys",
    security(("bearer" = ["api-keys:revoke"])),
    params(("id" = ApiKeyId, Path)),
    responses(
        (status = 200, body = ApiKeyView),
        (status = 404, description = "There is no such key", body = ProblemBody),
    )
)]
async fn revoke(
    _: Permitted<RevokeApiKeys>,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<ApiKeyId>,
) -> Result<Json<ApiKeyView>, Problem> {
    Ok(Json(issue::revoke(&app, tenant.id(), id).await?.into()))
}
