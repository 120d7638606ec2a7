use axum::extract::State;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, StatusCode};
use kit::identity::LinkToken;
use kit::{Json, Network, ProblemBody};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenancy_axum::CurrentActor;
use tenancy_core::{ActorKind, Problem};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::issue::{self, ACCESS, Pair};
use super::refresh;
use crate::app::App;
use crate::ids::UserId;
use crate::people::{Account, HomeTenant, Member};
use crate::sign_in::has_session;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(make)).routes(routes!(renew)).routes(routes!(revoke))
}

/// Routes that are of no tenant.
pub(crate) fn published() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(key_set))
}

/// What a program goes on with. It is shown once.
#[derive(Serialize, ToSchema)]
struct Tokens {
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds.
    #[schema(example = 600)]
    expires_in: i64,
    /// Good once: it gives the next two.
    refresh_token: String,
    #[serde(with = "time::serde::rfc3339")]
    refresh_ends_at: OffsetDateTime,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Renewal {
    refresh_token: String,
}

/// The keys that verify access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
struct PublishedKeys {
    #[schema(value_type = Vec<Object>)]
    keys: Vec<Value>,
}

impl From<Pair> for Tokens {
    fn from(Pair { access, refresh, refresh_ends_at }: Pair) -> Self {
        Self {
            access_token: access,
            token_type: "Bearer",
            expires_in: ACCESS.whole_seconds(),
            refresh_token: refresh.reveal().to_owned(),
            refresh_ends_at,
        }
    }
}

/// Get tokens for a program
///
/// For somebody who has signed in: with the session's cookie, and with no other credential. They
/// may do what the member may, at this tenant.
#[utoipa::path(
    post,
    path = "/v1/auth/token",
    tag = "auth",
    responses(
        (status = 201, body = Tokens),
        (status = 403, description = "It is not asked for with a session", body = ProblemBody),
    )
)]
async fn make(
    tenant: HomeTenant,
    CurrentActor(actor): CurrentActor,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Tokens>), Problem> {
    let session_only = || Problem::new(403, "session_only", "Tokens are for who has signed in");
    // A token that gives another one would never end.
    if actor.kind() != ActorKind::User
        || headers.contains_key(AUTHORIZATION)
        || !has_session(&headers)
    {
        return Err(session_only());
    }
    let id: UserId = actor.id().parse().map_err(|_| session_only())?;
    let member = app.db().read_latest(tenant.id()).repo::<Member>().get(&id).await?;
    let member = member.ok_or_else(session_only)?;
    let account = app.db().read_shared().repo::<Account>().get(&member.email).await?;
    let mark = account.and_then(|account| account.password_mark()).ok_or_else(session_only)?;
    let pair = issue::begin(&app, tenant.id(), id, mark).await?;
    Ok((StatusCode::CREATED, Json(pair.into())))
}

/// Get the next tokens
///
/// At the tenant's host. A refresh token that comes a second time ends all that came of the same
/// sign-in.
#[utoipa::path(
    post,
    path = "/v1/auth/token/refresh",
    tag = "auth",
    security(()),
    request_body = Renewal,
    responses(
        (status = 200, body = Tokens),
        (status = 401, description = "It is good no more", body = ProblemBody),
        (status = 429, description = "Too many attempts", body = ProblemBody),
    )
)]
async fn renew(
    State(app): State<App>,
    tenant: HomeTenant,
    network: Network,
    Json(Renewal { refresh_token }): Json<Renewal>,
) -> Result<Json<Tokens>, Problem> {
    let throttle = app.people().throttle;
    let attempt = throttle.admit_from(&app, network).await?;
    let token = LinkToken::parse(&refresh_token).ok_or_else(refresh::refused)?;
    let pair = refresh::refresh(&app, tenant.id(), &token).await?;
    throttle.take_back(&app, attempt).await;
    Ok(Json(pair.into()))
}

/// End what renews tokens: sign a program out
///
/// The answer is the same for a token that is none.
#[utoipa::path(
    post,
    path = "/v1/auth/token/revoke",
    tag = "auth",
    security(()),
    request_body = Renewal,
    responses((status = 204, description = "It is good no more"))
)]
async fn revoke(
    State(app): State<App>,
    tenant: HomeTenant,
    Json(Renewal { refresh_token }): Json<Renewal>,
) -> Result<StatusCode, Problem> {
    if let Some(token) = LinkToken::parse(&refresh_token) {
        refresh::revoke(&app, tenant.id(), &token).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Read the keys that verify access tokens
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "auth",
    security(()),
    responses((status = 200, body = PublishedKeys))
)]
async fn key_set(State(app): State<App>) -> ([(HeaderName, &'static str); 1], Json<PublishedKeys>) {
    // Shorter than a new key is published before it signs.
    let for_a_while = [(CACHE_CONTROL, "public, max-age=30")];
    (for_a_while, Json(PublishedKeys { keys: app.tokens().published() }))
}
