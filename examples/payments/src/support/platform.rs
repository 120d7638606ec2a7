use axum::extract::State;
use http::StatusCode;
use kit::audit::Audited;
use kit::{Json, ProblemBody};
use serde::Serialize;
use tenancy_core::{Problem, TenantDirectory as _, TenantKey, TenantStatus};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{NewSupportGrant, ask};
use super::grant::SupportGrantView;
use crate::app::App;
use crate::ids::missing;
use crate::platform::{PlatformPermitted, platform_capabilities};

platform_capabilities! {
    /// Look into one tenant for a while, with its owners knowing.
    AskForSupport = "support-grants:ask" for Admin Support;
}

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(make))
}

/// A grant that has just been made.
#[derive(Serialize, ToSchema)]
struct Granted {
    grant: SupportGrantView,
    /// Where it is good, and nowhere else.
    #[schema(example = "harbor.localhost")]
    host: String,
    /// What to send there in the cookie `__Host-session`. It is shown this once.
    session: String,
}

/// Look into a tenant
///
/// Read-only and masked, for one tenant and an hour at most; the owners are told before. Each look
/// is in the tenant's log, with the owner on whose behalf it is done.
#[utoipa::path(
    post,
    path = "/platform/v1/support-grants",
    tag = "platform",
    security(("platform" = ["support-grants:ask"])),
    request_body = NewSupportGrant,
    responses(
        (status = 201, body = Granted),
        (status = 404, description = "There is no such tenant", body = ProblemBody),
        (status = 409, description = "The tenant has no owner", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn make(
    who: PlatformPermitted<AskForSupport>,
    State(app): State<App>,
    Json(new): Json<NewSupportGrant>,
) -> Result<(StatusCode, Audited, Json<Granted>), Problem> {
    let found = app.tenants().find(&TenantKey::Id(new.tenant)).await?;
    let tenant = found.map(|entry| entry.tenant);
    let tenant = tenant.filter(|tenant| tenant.status() != TenantStatus::Closed);
    let tenant = tenant.ok_or_else(missing)?;
    let user = (who.user().id, who.user().name());
    let (grant, secret) = ask(&app, &tenant, user, &new).await?;
    let audited = Audited::of("tenants", &tenant.id())
        .change("support_grant", None, Some(&grant.id))
        .change("reason", None, Some(&new.reason.as_ref()));
    let host = format!("{}.{}", tenant.slug(), app.base_domain());
    let session = secret.reveal().to_owned();
    Ok((StatusCode::CREATED, audited, Json(Granted { grant: grant.into(), host, session })))
}
