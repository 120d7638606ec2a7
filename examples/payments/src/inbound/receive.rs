use axum::body::Bytes;
use axum::extract::{Path, State};
use http::HeaderMap;
use kit::inbound::{Received, Sent, SourceId};
use kit::{Json, ProblemBody, missing};
use tenancy_axum::CurrentContext;
use tenancy_core::audit::{AuditAction, AuditImportance, AuditOutcome, AuditResource};
use tenancy_core::{Problem, TenantContext};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission;
use crate::app::App;

/// Where sources send: the tenant's slug or id, and the source's id, behind it.
pub(crate) const PREFIX: &str = "/inbound/";

/// What tells that a request was not believed.
const REFUSED: AuditAction = AuditAction::from_static("security.inbound_refused");

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(receive))
}

/// Take events of a source
///
/// The signature is checked over the raw body. An event is kept once, whatever else comes with its id;
/// it is applied after the answer.
#[utoipa::path(
    post,
    path = "/inbound/{tenant}/{source}",
    tag = "inbound",
    security(()),
    params(
        ("tenant" = String, Path, description = "The bank's slug"),
        ("source" = SourceId, Path),
    ),
    request_body(content = String, content_type = "application/json"),
    responses(
        (status = 200, body = Received),
        (status = 400, description = "The signature is missing, not valid, too old or too new",
            body = ProblemBody),
        (status = 403, description = "The source does not send from there", body = ProblemBody),
        (status = 404, description = "There is no such source", body = ProblemBody),
        (status = 422, description = "The events cannot be read", body = ProblemBody),
        (status = 429, description = "The source sends too many requests", body = ProblemBody),
    )
)]
async fn receive(
    State(app): State<App>,
    CurrentContext(context): CurrentContext,
    Path(names): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Received>, Problem> {
    let (tenant, from) = (context.tenant_id(), context.client_addr());
    admission::of_address(&app, tenant, from).await?;
    let source: SourceId = names.1.parse().map_err(|_| missing())?;
    let sent = Sent { headers: &headers, body: &body, from };
    // An id is in one of a bank's two worlds: what is not live may be a trial.
    let (world, verified) = match app.inbound().verify(app.db(), tenant, source, sent).await {
        Err(problem) if problem.status() == 404 => {
            let trial = context.sandbox()?;
            let verified = app.inbound().verify(app.db(), trial.tenant_id(), source, sent).await;
            (trial, verified)
        }
        verified => (context.clone(), verified),
    };
    let verified = verified.inspect_err(|problem| tell(&app, &context, source, problem))?;
    admission::of_source(&app, tenant, source).await?;
    let kept = world.clone().scope(async { app.inbound().keep(app.db(), &world, &verified).await });
    Ok(Json(kept.await?))
}

/// Tells the bank's auditors of a request that claims to be a source's and is not. Anybody can send
/// many: those of a source that are refused alike become one event.
fn tell(app: &App, context: &TenantContext, source: SourceId, problem: &Problem) {
    if !matches!(problem.status(), 400 | 403) {
        return;
    }
    let id = source.to_string();
    let event = app
        .auditor()
        .event(context, REFUSED)
        .with_outcome(AuditOutcome::Denied)
        .with_resource(AuditResource::new("inbound-sources", &id))
        .with_detail("code", problem.code());
    let same = format!("{id} {}", problem.code());
    app.auditor().tell_alike(AuditImportance::High, &same, event);
}
