use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use kit::audit::Audited;
use kit::identity::{EmailAddress, LinkToken, Password};
use kit::{Json, Network, ProblemBody};
use serde::{Deserialize, Serialize};
use tenancy_core::{Error, Problem};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::platform_capabilities;
use super::session::{cookie, no_cookie, token_of};
use super::{PlatformPermitted, PlatformRole, PlatformSession, PlatformUser};
use crate::app::App;
use crate::ids::PlatformUserId;

platform_capabilities! {
    /// Be somebody of the platform.
    BeThere = "platform:be-there" for Admin Support;
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(login)).routes(routes!(logout)).routes(routes!(me))
}

/// What it takes to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlatformCredentials)]
struct Credentials {
    #[schema(value_type = String, format = Email, example = "ops@platform.example")]
    email: EmailAddress,
    #[schema(format = Password)]
    password: String,
}

/// Somebody of the platform, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlatformUser)]
struct UserView {
    id: PlatformUserId,
    email: String,
    name: String,
    role: PlatformRole,
}

impl From<&PlatformUser> for UserView {
    fn from(user: &PlatformUser) -> Self {
        let (email, name) = (user.email.clone(), user.name.clone());
        Self { id: user.id, email, name, role: user.role }
    }
}

/// Sign in to the platform
///
/// The answer sets the cookie `__Host-platform`, which opens no tenant's data.
#[utoipa::path(
    post,
    path = "/platform/v1/auth/login",
    tag = "platform",
    security(()),
    request_body = Credentials,
    responses(
        (status = 200, body = UserView),
        (status = 401, description = "Address or password is wrong", body = ProblemBody),
        (status = 429, description = "Too many attempts", body = ProblemBody),
    )
)]
async fn login(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    Json(Credentials { email, password }): Json<Credentials>,
) -> Result<Response, Problem> {
    let people = app.people();
    let attempt = people.throttle.admit_from(&app, network).await?;
    // Counted apart from the account that the address may have at tenants.
    let subject = format!("platform {email}");
    people.throttle.admit(&app, &subject).await?;
    let key = email.to_string();
    let user = app.db().read_shared().repo::<PlatformUser>().get(&key).await?;
    let hash = user.as_ref().map(PlatformUser::password);
    let is_right = people.hasher.is_right(Password::typed(password), hash).await?;
    let user = user.filter(|_| is_right).ok_or_else(refused)?;
    people.throttle.forget(&app, &subject).await;
    people.throttle.take_back(&app, attempt).await;
    end(&app, &headers).await?;
    let token = open(&app, &user).await?;
    let audited = Audited::of("platform_users", &user.id);
    let cookie = AppendHeaders([(SET_COOKIE, cookie(&token))]);
    Ok((audited, cookie, Json(UserView::from(&user))).into_response())
}

/// Sign out of the platform
#[utoipa::path(
    post,
    path = "/platform/v1/auth/logout",
    tag = "platform",
    security(("platform" = ["platform:be-there"])),
    responses((status = 204, description = "The session has ended"))
)]
async fn logout(
    _: PlatformPermitted<BeThere>,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    end(&app, &headers).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, no_cookie())])).into_response())
}

/// Tell who is signed in to the platform
#[utoipa::path(
    get,
    path = "/platform/v1/me",
    tag = "platform",
    security(("platform" = ["platform:be-there"])),
    responses((status = 200, body = UserView))
)]
async fn me(who: PlatformPermitted<BeThere>) -> Json<UserView> {
    Json(UserView::from(who.user()))
}

/// A new secret each time: one that somebody planted in the browser is never taken over.
async fn open(app: &App, user: &PlatformUser) -> Result<LinkToken, Error> {
    let token = LinkToken::generate()?;
    let mut tx = app.db().shared();
    let session = PlatformSession::new(&token, &user.email, app.now());
    tx.repo::<PlatformSession>().insert(session).await?;
    tx.commit().await?;
    Ok(token)
}

async fn end(app: &App, headers: &HeaderMap) -> Result<(), Error> {
    let Some(token) = token_of(headers) else { return Ok(()) };
    let mut tx = app.db().shared();
    tx.repo::<PlatformSession>().delete(&token.hash()).await?;
    tx.commit().await
}

fn refused() -> Problem {
    Problem::new(401, "sign_in_refused", "Address or password is wrong")
}
