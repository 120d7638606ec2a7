use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use kit::identity::EmailAddress;
use kit::{Json, Network, ProblemBody};
use serde::{Deserialize, Serialize};
use tenancy_axum::{CurrentAccess, CurrentActor};
use tenancy_core::Problem;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::login::SignedIn;
use super::session::{cookie, no_cookie, secret_of};
use super::{end, login, reset, second_factor};
use crate::app::App;
use crate::ids::UserId;
use crate::people::{HomeTenant, MemberView};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(sign_out_everywhere))
        .routes(routes!(me))
        .merge(reset::routes::router())
        .merge(second_factor::routes::router())
}

/// What it takes to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    #[schema(value_type = String, format = Email, example = "owner@riverside.example")]
    email: EmailAddress,
    #[schema(format = Password)]
    password: String,
}

/// What the second step needs. It opens nothing by itself.
#[derive(Serialize, ToSchema)]
#[schema(as = SignInChallenge)]
struct ChallengeView {
    challenge: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Who asks, and what is permitted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
struct MeView {
    #[schema(example = "user")]
    kind: &'static str,
    #[schema(example = "usr_01k8p0g2v7e9h9qk3x5t7w1zra")]
    id: String,
    #[schema(example = "riverside")]
    tenant: String,
    permissions: Vec<String>,
}

/// Sign in
///
/// At the tenant's host. The answer sets the cookie `__Host-session`, which is good there alone.
/// After ten wrong attempts in a quarter of an hour an address is refused for a while, and after a
/// hundred whoever comes from the same network.
#[utoipa::path(
    post,
    path = "/v1/auth/login",
    tag = "auth",
    security(()),
    request_body = Credentials,
    responses(
        (status = 200, body = MemberView),
        (status = 202, description = "The password is right, and a code is asked for: send it to \
            /v1/auth/second-factor/verify", body = ChallengeView),
        (status = 401, description = "Address or password is wrong", body = ProblemBody),
        (status = 429, description = "Too many attempts", body = ProblemBody),
    )
)]
async fn sign_in(
    State(app): State<App>,
    tenant: HomeTenant,
    network: Network,
    headers: HeaderMap,
    Json(Credentials { email, password }): Json<Credentials>,
) -> Result<Response, Problem> {
    // A bank that takes no changes lets its people in; one that is suspended does not.
    tenant.status().admit(false)?;
    let attempt = app.people().throttle.admit_from(&app, network).await?;
    let signed_in = login::login(&app, tenant.id(), &email, password).await?;
    app.people().throttle.take_back(&app, attempt).await;
    let (secret, member) = match signed_in {
        SignedIn::Wholly(secret, member) => (secret, member),
        SignedIn::ByHalf(token, expires_at) => {
            let challenge = token.reveal().to_owned();
            let asked = ChallengeView { challenge, expires_at };
            return Ok((StatusCode::ACCEPTED, Json(asked)).into_response());
        }
    };
    if let Some(before) = secret_of(&headers) {
        end::end(&app, tenant.id(), &before).await?;
    }
    let cookie = AppendHeaders([(SET_COOKIE, cookie(&secret))]);
    Ok((cookie, Json(MemberView::from(member))).into_response())
}

/// Sign out
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    tag = "auth",
    responses((status = 204, description = "The session has ended"))
)]
async fn sign_out(
    tenant: HomeTenant,
    _: CurrentActor,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(secret) = secret_of(&headers) {
        end::end(&app, tenant.id(), &secret).await?;
    }
    Ok(gone())
}

/// Sign out everywhere: end all sessions at this tenant
#[utoipa::path(
    post,
    path = "/v1/auth/logout-all",
    tag = "auth",
    responses((status = 204, description = "All sessions have ended"))
)]
async fn sign_out_everywhere(
    tenant: HomeTenant,
    CurrentActor(actor): CurrentActor,
    State(app): State<App>,
) -> Result<Response, Problem> {
    if let Ok(user) = actor.id().parse::<UserId>() {
        end::end_all(&app, tenant.id(), user).await?;
    }
    Ok(gone())
}

/// Tell who asks, and what is permitted
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "auth",
    responses((status = 200, body = MeView))
)]
async fn me(access: CurrentAccess, tenant: HomeTenant) -> Json<MeView> {
    let actor = access.access().actor();
    let all = access.access().catalogue().permissions();
    let mine = all.filter(|permission| access.is_permitted_somewhere(permission));
    Json(MeView {
        kind: actor.kind().as_str(),
        id: actor.id().to_owned(),
        tenant: tenant.slug().to_string(),
        permissions: mine.map(ToString::to_string).collect(),
    })
}

fn gone() -> Response {
    (StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, no_cookie())])).into_response()
}
