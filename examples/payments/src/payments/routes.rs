use axum::extract::State;
use kit::audit::Audited;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::attempts::{self, Attempt, AttemptView, Confirmation};
use super::cancel::Cancellation;
use super::capabilities::{
    CancelPayments, CapturePayments, ConfirmPayments, CreatePayments, ViewPayments,
};
use super::captures::{self, Capturing};
use super::new_payment::NewPayment;
use super::{Payment, PaymentView};
use crate::app::App;
use crate::idempotency::{Answer, Idempotency};
use crate::ids::{AttemptId, PathId, PaymentId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get))
        .routes(routes!(confirm))
        .routes(routes!(capture))
        .routes(routes!(cancel))
        .routes(routes!(attempts))
}

/// Make a payment
///
/// A repeated request with the same key gets the first one's answer, byte by byte, with
/// `idempotent-replayed: true`. Keys belong to the API key or the user that sends them.
#[utoipa::path(
    post,
    path = "/v1/payments",
    tag = "payments",
    security(("bearer" = ["payments:create"])),
    params(("idempotency-key" = String, Header, min_length = 1, max_length = 255,
        description = "Chosen by the caller, one for each payment; visible ASCII")),
    request_body = NewPayment,
    responses(
        (status = 201, body = PaymentView),
        (status = 400, description = "The idempotency key is missing", body = ProblemBody),
        (status = 409, description = "The reference is taken", body = ProblemBody),
        (status = 422, description = "A field is not valid, or the idempotency key was used for \
            another request", body = ProblemBody),
        (status = 429, description = "With confirm: the month's quota is used up",
            body = ProblemBody),
    )
)]
async fn create(
    _: Permitted<CreatePayments>,
    State(app): State<App>,
    tx: TenantTx,
    idempotency: Result<Idempotency, Problem>,
    Json(new): Json<NewPayment>,
) -> Result<Answer, Problem> {
    // A body that names another tenant is refused before a key is missed.
    super::create::create(&app, idempotency?, tx, new).await
}

/// List payments, the newest first
#[utoipa::path(
    get,
    path = "/v1/payments",
    tag = "payments",
    security(("bearer" = ["payments:view"])),
    params(PageParams),
    responses(
        (status = 200, body = List<PaymentView>),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewPayments>,
    mut tx: TenantTx,
    query: PageQuery<PaymentId>,
) -> Result<Json<List<PaymentView>>, Problem> {
    let payments = tx.repo::<Payment>().list(query.page()).await?;
    Ok(Json(List::of(payments, PaymentView::from)))
}

/// Read a payment
#[utoipa::path(
    get,
    path = "/v1/payments/{id}",
    tag = "payments",
    security(("bearer" = ["payments:view"])),
    params(("id" = PaymentId, Path)),
    responses(
        (status = 200, body = PaymentView),
        (status = 404, description = "There is no such payment", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewPayments>,
    mut tx: TenantTx,
    PathId(id): PathId<PaymentId>,
) -> Result<(Audited, Json<PaymentView>), Problem> {
    let payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    let audited = Audited::of("payments", &id).of_owner(payment.customer_id.as_ref());
    Ok((audited, Json(payment.into())))
}

/// Confirm a payment: ask a provider for the money
///
/// 202 when the provider has not answered in time. Then its answer is asked for until it comes:
/// read the payment again.
#[utoipa::path(
    post,
    path = "/v1/payments/{id}/confirm",
    tag = "payments",
    security(("bearer" = ["payments:confirm"])),
    params(
        ("id" = PaymentId, Path),
        ("idempotency-key" = String, Header, min_length = 1, max_length = 255,
            description = "Chosen by the caller, one for each confirmation; visible ASCII"),
    ),
    request_body = Confirmation,
    responses(
        (status = 200, description = "The provider has answered: the state tells what",
            body = PaymentView),
        (status = 202, description = "The provider has not answered yet", body = PaymentView),
        (status = 404, description = "There is no such payment", body = ProblemBody),
        (status = 409, description = "Its state does not allow it, or the key is in use",
            body = ProblemBody),
        (status = 429, description = "The month's quota is used up", body = ProblemBody),
    )
)]
async fn confirm(
    _: Permitted<ConfirmPayments>,
    State(app): State<App>,
    tx: TenantTx,
    PathId(id): PathId<PaymentId>,
    idempotency: Result<Idempotency, Problem>,
    Json(confirmation): Json<Confirmation>,
) -> Result<Answer, Problem> {
    attempts::confirm(app, idempotency?, tx.tenant(), id, confirmation).await
}

/// Capture a payment: take what is reserved, or a part of it
#[utoipa::path(
    post,
    path = "/v1/payments/{id}/capture",
    tag = "payments",
    security(("bearer" = ["payments:capture"])),
    params(
        ("id" = PaymentId, Path),
        ("idempotency-key" = String, Header, min_length = 1, max_length = 255,
            description = "Chosen by the caller, one for each capture; visible ASCII"),
    ),
    request_body = Option<Capturing>,
    responses(
        (status = 200, body = PaymentView),
        (status = 202, description = "The provider has not answered yet", body = PaymentView),
        (status = 404, description = "There is no such payment", body = ProblemBody),
        (status = 409, description = "Its state does not allow it, or the key is in use",
            body = ProblemBody),
        (status = 422, description = "More than what is still authorized", body = ProblemBody),
    )
)]
async fn capture(
    _: Permitted<CapturePayments>,
    State(app): State<App>,
    tx: TenantTx,
    PathId(id): PathId<PaymentId>,
    idempotency: Result<Idempotency, Problem>,
    capturing: Option<Json<Capturing>>,
) -> Result<Answer, Problem> {
    let Json(capturing) = capturing.unwrap_or_default();
    captures::take(app, idempotency?, tx.tenant(), id, capturing).await
}

/// List the attempts of a payment, the newest first
#[utoipa::path(
    get,
    path = "/v1/payments/{id}/attempts",
    tag = "payments",
    security(("bearer" = ["payments:view"])),
    params(("id" = PaymentId, Path), PageParams),
    responses(
        (status = 200, body = List<AttemptView>),
        (status = 404, description = "There is no such payment", body = ProblemBody),
    )
)]
async fn attempts(
    _: Permitted<ViewPayments>,
    mut tx: TenantTx,
    PathId(id): PathId<PaymentId>,
    query: PageQuery<AttemptId>,
) -> Result<Json<List<AttemptView>>, Problem> {
    tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    let of_payment = tenancy_core::List::from(query.page()).filter(Attempt::PAYMENT_ID.eq(id));
    let attempts = tx.repo::<Attempt>().list(of_payment).await?;
    Ok(Json(List::of(attempts, AttemptView::from)))
}

/// Cancel a payment, or the rest of it
///
/// What has been captured stays captured; what is still reserved is given back.
#[utoipa::path(
    post,
    path = "/v1/payments/{id}/cancel",
    tag = "payments",
    security(("bearer" = ["payments:cancel"])),
    params(("id" = PaymentId, Path)),
    request_body = Option<Cancellation>,
    responses(
        (status = 200, body = PaymentView),
        (status = 404, description = "There is no such payment", body = ProblemBody),
        (status = 409, description = "Its state does not allow it, or it has changed", body = ProblemBody),
    )
)]
async fn cancel(
    _: Permitted<CancelPayments>,
    State(app): State<App>,
    tx: TenantTx,
    PathId(id): PathId<PaymentId>,
    cancellation: Option<Json<Cancellation>>,
) -> Result<Json<PaymentView>, Problem> {
    let Json(cancellation) = cancellation.unwrap_or_default();
    let payment = super::cancel::cancel(&app, tx, id, &cancellation).await?;
    Ok(Json(payment.into()))
}
