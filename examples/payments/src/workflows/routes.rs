use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use http::StatusCode;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use serde::Deserialize;
use tenancy_axum::{CurrentActor, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::{EditWorkflows, ViewWorkflows};
use super::definition::{DefinitionView, VersionView};
use super::edit::{self, NewRules, NewWorkflow, Simulation};
use super::{Definition, Version};
use crate::app::App;
use crate::ids::{PathId, WorkflowId, WorkflowVersionId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(make, list))
        .routes(routes!(get, change))
        .routes(routes!(versions))
        .routes(routes!(publish))
        .routes(routes!(retire))
        .routes(routes!(simulate))
}

/// Make a workflow
///
/// It holds for new payments once it is published.
#[utoipa::path(
    post,
    path = "/v1/workflows",
    tag = "workflows",
    security(("bearer" = ["workflows:edit"])),
    request_body = NewWorkflow,
    responses(
        (status = 201, body = DefinitionView),
        (status = 403, description = "The plan has no workflows", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn make(
    _: Permitted<EditWorkflows>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    Json(new): Json<NewWorkflow>,
) -> Result<(StatusCode, Json<DefinitionView>), Problem> {
    edit::require_feature()?;
    let definition = edit::make(&mut tx, &actor, new, app.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(definition.into())))
}

/// List workflows, the newest first
#[utoipa::path(
    get,
    path = "/v1/workflows",
    tag = "workflows",
    security(("bearer" = ["workflows:view"])),
    params(PageParams),
    responses((status = 200, body = List<DefinitionView>))
)]
async fn list(
    _: Permitted<ViewWorkflows>,
    mut tx: TenantTx,
    query: PageQuery<WorkflowId>,
) -> Result<Json<List<DefinitionView>>, Problem> {
    let definitions = tx.repo::<Definition>().list(query.page()).await?;
    Ok(Json(List::of(definitions, DefinitionView::from)))
}

/// Read a workflow
#[utoipa::path(
    get,
    path = "/v1/workflows/{id}",
    tag = "workflows",
    security(("bearer" = ["workflows:view"])),
    params(("id" = WorkflowId, Path)),
    responses(
        (status = 200, body = DefinitionView),
        (status = 404, description = "There is no such workflow", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewWorkflows>,
    mut tx: TenantTx,
    PathId(id): PathId<WorkflowId>,
) -> Result<Json<DefinitionView>, Problem> {
    let definition = tx.repo::<Definition>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(definition.into()))
}

/// Write a new version of a workflow
///
/// What is published holds until the new version is.
#[utoipa::path(
    put,
    path = "/v1/workflows/{id}",
    tag = "workflows",
    security(("bearer" = ["workflows:edit"])),
    params(("id" = WorkflowId, Path)),
    request_body = NewRules,
    responses(
        (status = 200, body = DefinitionView),
        (status = 403, description = "The plan has no workflows", body = ProblemBody),
        (status = 404, description = "There is no such workflow", body = ProblemBody),
        (status = 409, description = "Somebody else was faster", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn change(
    _: Permitted<EditWorkflows>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    PathId(id): PathId<WorkflowId>,
    Json(new): Json<NewRules>,
) -> Result<Json<DefinitionView>, Problem> {
    edit::require_feature()?;
    let definition = edit::change(&mut tx, &actor, id, &new, app.now()).await?;
    tx.commit().await?;
    Ok(Json(definition.into()))
}

/// List the versions of a workflow, the newest first
#[utoipa::path(
    get,
    path = "/v1/workflows/{id}/versions",
    tag = "workflows",
    security(("bearer" = ["workflows:view"])),
    params(("id" = WorkflowId, Path), PageParams),
    responses(
        (status = 200, body = List<VersionView>),
        (status = 404, description = "There is no such workflow", body = ProblemBody),
    )
)]
async fn versions(
    _: Permitted<ViewWorkflows>,
    mut tx: TenantTx,
    PathId(id): PathId<WorkflowId>,
    query: PageQuery<WorkflowVersionId>,
) -> Result<Json<List<VersionView>>, Problem> {
    tx.repo::<Definition>().get(&id).await?.ok_or_else(missing)?;
    let of_workflow = tenancy_core::List::from(query.page()).filter(Version::DEFINITION_ID.eq(id));
    let versions = tx.repo::<Version>().list(of_workflow).await?;
    Ok(Json(List::try_of(versions, VersionView::try_from)?))
}

/// Publish the newest version of a workflow
///
/// It holds for payments that are made from now on. It does not change any more.
#[utoipa::path(
    post,
    path = "/v1/workflows/{id}/publish",
    tag = "workflows",
    security(("bearer" = ["workflows:edit"])),
    params(("id" = WorkflowId, Path)),
    responses(
        (status = 200, body = DefinitionView),
        (status = 403, description = "The plan has no workflows", body = ProblemBody),
        (status = 404, description = "There is no such workflow", body = ProblemBody),
        (status = 409, description = "Somebody else was faster", body = ProblemBody),
    )
)]
async fn publish(
    _: Permitted<EditWorkflows>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<WorkflowId>,
) -> Result<Json<DefinitionView>, Problem> {
    edit::require_feature()?;
    let definition = edit::publish(&mut tx, id, app.now()).await?;
    tx.commit().await?;
    Ok(Json(definition.into()))
}

/// Retire a workflow: new payments are not looked at any more
#[utoipa::path(
    post,
    path = "/v1/workflows/{id}/retire",
    tag = "workflows",
    security(("bearer" = ["workflows:edit"])),
    params(("id" = WorkflowId, Path)),
    responses(
        (status = 200, body = DefinitionView),
        (status = 404, description = "There is no such workflow", body = ProblemBody),
        (status = 409, description = "Somebody else was faster", body = ProblemBody),
    )
)]
async fn retire(
    _: Permitted<EditWorkflows>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<WorkflowId>,
) -> Result<Json<DefinitionView>, Problem> {
    let definition = edit::retire(&mut tx, id, app.now()).await?;
    tx.commit().await?;
    Ok(Json(definition.into()))
}

/// How far a simulation looks back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    /// 30 unless said, 365 at most.
    days: Option<u16>,
}

/// Count the payments that the newest version would have asked people about
#[utoipa::path(
    get,
    path = "/v1/workflows/{id}/simulate",
    tag = "workflows",
    security(("bearer" = ["workflows:view"])),
    params(("id" = WorkflowId, Path), ("days" = Option<u16>, Query, minimum = 1, maximum = 365)),
    responses(
        (status = 200, body = Simulation),
        (status = 404, description = "There is no such workflow", body = ProblemBody),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn simulate(
    _: Permitted<ViewWorkflows>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<WorkflowId>,
    query: Result<Query<Days>, QueryRejection>,
) -> Result<Json<Simulation>, Problem> {
    let days = query.ok().map(|Query(Days { days })| days.unwrap_or(30));
    let days = days.filter(|days| (1..=365).contains(days)).ok_or_else(|| {
        Problem::new(422, "parameter_invalid", "A parameter is not valid")
            .with_detail("1 to 365 days are expected")
            .with_param("days")
    })?;
    Ok(Json(edit::simulate(&mut tx, id, days, app.now()).await?))
}
