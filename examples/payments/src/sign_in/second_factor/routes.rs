use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use kit::identity::LinkToken;
use kit::{Json, Network, ProblemBody};
use serde::{Deserialize, Serialize};
use tenancy_axum::CurrentActor;
use tenancy_core::{List, Problem};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{KeptCode, SecondFactor, challenge, setting};
use crate::app::App;
use crate::people::{HomeTenant, MemberView};
use crate::sign_in::end;
use crate::sign_in::session::{cookie, secret_of};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read, begin))
        .routes(routes!(confirm))
        .routes(routes!(verify))
        .routes(routes!(renew))
        .routes(routes!(disable))
}

/// Whether a code is asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecondFactor)]
struct FactorView {
    enabled: bool,
    /// Of ten that were made.
    recovery_codes_left: usize,
}

/// What an authenticator needs. It is shown once.
#[derive(Serialize, ToSchema)]
struct Secret {
    /// To be typed in.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// To be made a picture of.
    #[schema(example = "otpauth://totp/Bank:ada%40bank.example?secret=GEZDGNBV&issuer=Bank")]
    uri: String,
}

/// Each lets somebody in once, without the authenticator. They are shown once.
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    #[schema(example = json!(["ABCD-EFGH-IJKL-MNOP"]))]
    recovery_codes: Vec<String>,
}

/// The password again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordAgain {
    #[schema(format = Password)]
    password: String,
}

/// A code of the authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    #[schema(example = "287082")]
    code: String,
}

/// The password again, and a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordAndCode {
    #[schema(format = Password)]
    password: String,
    /// Of the authenticator, or a recovery code.
    #[schema(example = "287082")]
    code: String,
}

/// What the first step has answered, and a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Answer {
    challenge: String,
    /// Of the authenticator, or a recovery code.
    #[schema(example = "287082")]
    code: String,
}

/// Tell whether a code is asked for when the caller signs in
#[utoipa::path(
    get,
    path = "/v1/auth/second-factor",
    tag = "auth",
    responses((status = 200, body = FactorView))
)]
async fn read(
    tenant: HomeTenant,
    CurrentActor(actor): CurrentActor,
    State(app): State<App>,
) -> Result<Json<FactorView>, Problem> {
    let member = setting::member_of(&app, tenant.id(), &actor).await?;
    let mut tx = app.db().read_latest(tenant.id());
    let factor = tx.repo::<SecondFactor>().get(&member.id).await?;
    let of_member = List::oldest(100).filter(KeptCode::MEMBER_ID.eq(member.id));
    let left = tx.repo::<KeptCode>().list(of_member).await?;
    let enabled = factor.is_some_and(|factor| factor.is_confirmed());
    Ok(Json(FactorView { enabled, recovery_codes_left: left.items.len() }))
}

/// Begin to use an authenticator
///
/// Nothing is asked for until a code has confirmed it.
#[utoipa::path(
    post,
    path = "/v1/auth/second-factor",
    tag = "auth",
    request_body = PasswordAgain,
    responses(
        (status = 201, body = Secret),
        (status = 401, description = "The password is wrong", body = ProblemBody),
        (status = 409, description = "There is one already", body = ProblemBody),
    )
)]
async fn begin(
    tenant: HomeTenant,
    CurrentActor(actor): CurrentActor,
    State(app): State<App>,
    Json(PasswordAgain { password }): Json<PasswordAgain>,
) -> Result<(StatusCode, Json<Secret>), Problem> {
    let by = setting::prove(&app, tenant.id(), &actor, password).await?;
    let (secret, uri) = setting::begin(&app, &by, tenant.name()).await?;
    Ok((StatusCode::CREATED, Json(Secret { secret, uri })))
}

/// Confirm that the authenticator works
///
/// From now on each sign-in asks for a code.
#[utoipa::path(
    post,
    path = "/v1/auth/second-factor/confirm",
    tag = "auth",
    request_body = Code,
    responses(
        (status = 200, body = RecoveryCodes),
        (status = 404, description = "None was begun", body = ProblemBody),
        (status = 409, description = "It is confirmed already", body = ProblemBody),
        (status = 422, description = "The code is wrong", body = ProblemBody),
    )
)]
async fn confirm(
    tenant: HomeTenant,
    CurrentActor(actor): CurrentActor,
    State(app): State<App>,
    Json(Code { code }): Json<Code>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let member = setting::member_of(&app, tenant.id(), &actor).await?;
    let recovery_codes = setting::confirm(&app, tenant.id(), member.id, &code).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Sign in, the second step
///
/// With what `POST /v1/auth/login` has answered. A code is good once.
#[utoipa::path(
    post,
    path = "/v1/auth/second-factor/verify",
    tag = "auth",
    security(()),
    request_body = Answer,
    responses(
        (status = 200, body = MemberView),
        (status = 401, description = "The code is wrong, or the first step is too old",
            body = ProblemBody),
        (status = 429, description = "Too many attempts", body = ProblemBody),
    )
)]
async fn verify(
    State(app): State<App>,
    tenant: HomeTenant,
    network: Network,
    headers: HeaderMap,
    Json(Answer { challenge: token, code }): Json<Answer>,
) -> Result<Response, Problem> {
    let throttle = app.people().throttle;
    let attempt = throttle.admit_from(&app, network).await?;
    let token = LinkToken::parse(&token).ok_or_else(challenge::refused)?;
    let (secret, member) = challenge::meet(&app, tenant.id(), &token, &code).await?;
    throttle.take_back(&app, attempt).await;
    if let Some(before) = secret_of(&headers) {
        end::end(&app, tenant.id(), &before).await?;
    }
    let cookie = AppendHeaders([(SET_COOKIE, cookie(&secret))]);
    Ok((cookie, Json(MemberView::from(member))).into_response())
}

/// Make new recovery codes
///
/// Those that there were are good no more.
#[utoipa::path(
    post,
    path = "/v1/auth/second-factor/recovery-codes",
    tag = "auth",
    request_body = PasswordAndCode,
    responses(
        (status = 200, body = RecoveryCodes),
        (status = 401, description = "The password is wrong", body = ProblemBody),
        (status = 404, description = "There is no second factor", body = ProblemBody),
        (status = 422, description = "The code is wrong", body = ProblemBody),
    )
)]
async fn renew(
    tenant: HomeTenant,
    CurrentActor(actor): CurrentActor,
    State(app): State<App>,
    Json(PasswordAndCode { password, code }): Json<PasswordAndCode>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let by = setting::prove(&app, tenant.id(), &actor, password).await?;
    let recovery_codes = setting::renew(&app, &by, &code).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Use no authenticator any more
#[utoipa::path(
    post,
    path = "/v1/auth/second-factor/disable",
    tag = "auth",
    request_body = PasswordAndCode,
    responses(
        (status = 204, description = "No code is asked for any more"),
        (status = 401, description = "The password is wrong", body = ProblemBody),
        (status = 404, description = "There is no second factor", body = ProblemBody),
        (status = 422, description = "The code is wrong", body = ProblemBody),
    )
)]
async fn disable(
    tenant: HomeTenant,
    CurrentActor(actor): CurrentActor,
    State(app): State<App>,
    Json(PasswordAndCode { password, code }): Json<PasswordAndCode>,
) -> Result<StatusCode, Problem> {
    let by = setting::prove(&app, tenant.id(), &actor, password).await?;
    setting::disable(&app, &by, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}
