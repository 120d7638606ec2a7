use axum::extract::State;
use http::StatusCode;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use serde::Serialize;
use tenancy_axum::Permitted;
use tenancy_core::{Error, ErrorKind, Problem};
use tenancy_sqlx::TenantTx;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::call_log::{CallOutcome, ProviderCall, ProviderCallView};
use super::capabilities::{ManageConnections, ViewConnections};
use super::changes::{BreakerChange, Changes, changed};
use super::connection::{BreakerRule, ConnectionState};
use super::health::ConnectionHealth;
use super::new_connection::NewConnection;
use super::view::ConnectionView;
use super::{Connection, Link};
use crate::app::App;
use crate::connectors::CallError;
use crate::ids::{ConnectionId, PathId, ProviderCallId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, change, remove))
        .routes(routes!(test))
        .routes(routes!(health))
        .routes(routes!(calls))
        .routes(routes!(breaker))
}

/// Connect a payment provider
#[utoipa::path(
    post,
    path = "/v1/integrations/connections",
    tag = "integrations",
    security(("bearer" = ["connections:manage"])),
    request_body = NewConnection,
    responses(
        (status = 201, body = ConnectionView),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn create(
    _: Permitted<ManageConnections>,
    State(app): State<App>,
    mut tx: TenantTx,
    Json(new): Json<NewConnection>,
) -> Result<(StatusCode, Json<ConnectionView>), Problem> {
    let connection = new.made(app.integrations(), tx.tenant(), app.now())?;
    let connection = tx.repo::<Connection>().insert(connection).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(connection.into())))
}

/// List connections, the newest first
#[utoipa::path(
    get,
    path = "/v1/integrations/connections",
    tag = "integrations",
    security(("bearer" = ["connections:view"])),
    params(PageParams),
    responses(
        (status = 200, body = List<ConnectionView>),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewConnections>,
    mut tx: TenantTx,
    query: PageQuery<ConnectionId>,
) -> Result<Json<List<ConnectionView>>, Problem> {
    let shown = Connection::STATE.ne(ConnectionState::Removed);
    let list = tenancy_core::List::from(query.page()).filter(shown);
    let connections = tx.repo::<Connection>().list(list).await?;
    Ok(Json(List::of(connections, ConnectionView::from)))
}

/// Read a connection
#[utoipa::path(
    get,
    path = "/v1/integrations/connections/{id}",
    tag = "integrations",
    security(("bearer" = ["connections:view"])),
    params(("id" = ConnectionId, Path)),
    responses(
        (status = 200, body = ConnectionView),
        (status = 404, description = "There is no such connection", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewConnections>,
    mut tx: TenantTx,
    PathId(id): PathId<ConnectionId>,
) -> Result<Json<ConnectionView>, Problem> {
    Ok(Json(found(&mut tx, id).await?.into()))
}

/// Change a connection
#[utoipa::path(
    patch,
    path = "/v1/integrations/connections/{id}",
    tag = "integrations",
    security(("bearer" = ["connections:manage"])),
    params(("id" = ConnectionId, Path)),
    request_body = Changes,
    responses(
        (status = 200, body = ConnectionView),
        (status = 404, description = "There is no such connection", body = ProblemBody),
        (status = 409, description = "It has changed", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn change(
    _: Permitted<ManageConnections>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<ConnectionId>,
    Json(changes): Json<Changes>,
) -> Result<Json<ConnectionView>, Problem> {
    let mut connection = found(&mut tx, id).await?;
    changes.apply(app.integrations(), &mut connection, app.now())?;
    Ok(Json(save(tx, connection).await?.into()))
}

/// Remove a connection
///
/// Nothing new is asked there. What was begun with it, such as a refund, still is.
#[utoipa::path(
    delete,
    path = "/v1/integrations/connections/{id}",
    tag = "integrations",
    security(("bearer" = ["connections:manage"])),
    params(("id" = ConnectionId, Path)),
    responses(
        (status = 204, description = "It is removed"),
        (status = 404, description = "There is no such connection", body = ProblemBody),
    )
)]
async fn remove(
    _: Permitted<ManageConnections>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<ConnectionId>,
) -> Result<StatusCode, Problem> {
    let mut connection = found(&mut tx, id).await?;
    connection.state = ConnectionState::Removed;
    connection.updated_at = app.now();
    save(tx, connection).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What came of trying a connection.
#[derive(Debug, Serialize, ToSchema)]
struct ConnectionTest {
    outcome: CallOutcome,
    /// The status of HTTP that a fault came with.
    status: Option<u16>,
    /// In microseconds.
    duration_us: u64,
}

/// Try a connection: a call that changes nothing
#[utoipa::path(
    post,
    path = "/v1/integrations/connections/{id}/test",
    tag = "integrations",
    security(("bearer" = ["connections:manage"])),
    params(("id" = ConnectionId, Path)),
    responses(
        (status = 200, body = ConnectionTest),
        (status = 404, description = "There is no such connection", body = ProblemBody),
    )
)]
async fn test(
    _: Permitted<ManageConnections>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<ConnectionId>,
) -> Result<Json<ConnectionTest>, Problem> {
    let connection = found(&mut tx, id).await?;
    drop(tx);
    let (result, took) = Link::of(&app, &connection)?.ping(&app).await;
    let error = result.err();
    Ok(Json(ConnectionTest {
        outcome: CallOutcome::of(error),
        status: error.and_then(CallError::status),
        duration_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    }))
}

/// Read how a connection is doing
#[utoipa::path(
    get,
    path = "/v1/integrations/connections/{id}/health",
    tag = "integrations",
    security(("bearer" = ["connections:view"])),
    params(("id" = ConnectionId, Path)),
    responses(
        (status = 200, body = ConnectionHealth),
        (status = 404, description = "There is no such connection", body = ProblemBody),
    )
)]
async fn health(
    _: Permitted<ViewConnections>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<ConnectionId>,
) -> Result<Json<ConnectionHealth>, Problem> {
    let connection = found(&mut tx, id).await?;
    let health = ConnectionHealth::of(app.integrations(), &mut tx, &connection, app.now());
    Ok(Json(health.await?))
}

/// List the calls of a connection, the newest first
#[utoipa::path(
    get,
    path = "/v1/integrations/connections/{id}/calls",
    tag = "integrations",
    security(("bearer" = ["connections:view"])),
    params(("id" = ConnectionId, Path), PageParams),
    responses(
        (status = 200, body = List<ProviderCallView>),
        (status = 404, description = "There is no such connection", body = ProblemBody),
    )
)]
async fn calls(
    _: Permitted<ViewConnections>,
    mut tx: TenantTx,
    PathId(id): PathId<ConnectionId>,
    query: PageQuery<ProviderCallId>,
) -> Result<Json<List<ProviderCallView>>, Problem> {
    found(&mut tx, id).await?;
    let of_connection = ProviderCall::CONNECTION_ID.eq(id);
    let list = tenancy_core::List::from(query.page()).filter(of_connection);
    let calls = tx.repo::<ProviderCall>().list(list).await?;
    Ok(Json(List::of(calls, ProviderCallView::from)))
}

/// Open or close a connection's breaker by hand, or leave it to itself
#[utoipa::path(
    post,
    path = "/v1/integrations/connections/{id}/breaker",
    tag = "integrations",
    security(("bearer" = ["connections:manage"])),
    params(("id" = ConnectionId, Path)),
    request_body = BreakerChange,
    responses(
        (status = 200, body = ConnectionView),
        (status = 404, description = "There is no such connection", body = ProblemBody),
        (status = 409, description = "It has changed", body = ProblemBody),
    )
)]
async fn breaker(
    _: Permitted<ManageConnections>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<ConnectionId>,
    Json(change): Json<BreakerChange>,
) -> Result<Json<ConnectionView>, Problem> {
    let mut connection = found(&mut tx, id).await?;
    connection.breaker = change.rule;
    connection.updated_at = app.now();
    let connection = save(tx, connection).await?;
    if change.rule == BreakerRule::Automatic {
        app.integrations().guard(&connection).breaker.reset();
    }
    Ok(Json(connection.into()))
}

async fn found(tx: &mut TenantTx, id: ConnectionId) -> Result<Connection, Problem> {
    let connection = tx.repo::<Connection>().get(&id).await?;
    let shown = connection.filter(|connection| connection.state != ConnectionState::Removed);
    shown.ok_or_else(missing)
}

async fn save(mut tx: TenantTx, connection: Connection) -> Result<Connection, Problem> {
    let saved = tx.repo::<Connection>().update(connection).await;
    let connection = saved.map_err(|error: Error| match (error.kind(), error.subject()) {
        (ErrorKind::Conflict, Some("version")) => changed(),
        _ => error.into(),
    })?;
    tx.commit().await?;
    Ok(connection)
}
