use axum::extract::State;
use http::StatusCode;
use kit::identity::{EmailAddress, LinkToken};
use kit::{Json, Network, ProblemBody};
use serde::Deserialize;
use tenancy_axum::CurrentTenant;
use tenancy_core::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ask, complete};
use crate::app::App;
use crate::people::HomeTenant;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ask_for_reset)).routes(routes!(complete_reset))
}

/// Whose password is lost.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Lost {
    #[schema(value_type = String, format = Email, example = "owner@riverside.example")]
    email: EmailAddress,
}

/// What it takes to have a new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// From the mail.
    token: String,
    /// 12 to 128 characters.
    #[schema(format = Password, min_length = 12, max_length = 128)]
    password: String,
}

/// Ask for a new password
///
/// At the tenant's host. A link goes to the address, if it is that of a member; the answer is the
/// same if not.
#[utoipa::path(
    post,
    path = "/v1/auth/password-reset",
    tag = "auth",
    security(()),
    request_body = Lost,
    responses(
        (status = 202, description = "A mail is sent, if this is the address of a member"),
        (status = 429, description = "Too many attempts", body = ProblemBody),
    )
)]
async fn ask_for_reset(
    State(app): State<App>,
    CurrentTenant(tenant): CurrentTenant,
    network: Network,
    Json(Lost { email }): Json<Lost>,
) -> Result<StatusCode, Problem> {
    let throttle = app.people().throttle;
    // Each is a mail to somebody: none is taken back.
    let _ = throttle.admit_from(&app, network).await?;
    throttle.admit(&app, format!("reset {email}")).await?;
    tokio::spawn(async move {
        if let Err(error) = ask::ask(&app, &tenant, &email).await {
            tracing::warn!(%error, tenant.id = %tenant.id(), "a password reset is not sent");
        }
    });
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password
///
/// All sessions of the account end, at all tenants. A second factor stays.
#[utoipa::path(
    post,
    path = "/v1/auth/password-reset/complete",
    tag = "auth",
    security(()),
    request_body = NewPassword,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 404, description = "There is no such password reset", body = ProblemBody),
        (status = 429, description = "Too many attempts", body = ProblemBody),
    )
)]
async fn complete_reset(
    State(app): State<App>,
    tenant: HomeTenant,
    network: Network,
    Json(NewPassword { token, password }): Json<NewPassword>,
) -> Result<StatusCode, Problem> {
    let throttle = app.people().throttle;
    let attempt = throttle.admit_from(&app, network).await?;
    let token = LinkToken::parse(&token).ok_or_else(complete::no_reset)?;
    complete::complete(&app, tenant.id(), &token, password).await?;
    throttle.take_back(&app, attempt).await;
    Ok(StatusCode::NO_CONTENT)
}
