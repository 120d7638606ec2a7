use axum::extract::State;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cancel::Cancellation;
use super::new_payment::NewPayment;
use super::{Payment, PaymentView};
use crate::app::App;
use crate::idempotency::{Answer, Idempotency};
use crate::ids::{PathId, PaymentId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get)).routes(routes!(cancel))
}

/// Make a payment
///
/// A repeated request with the same key gets the first one's answer, byte by byte, with
/// `idempotent-replayed: true`. Keys belong to the API key or the user that sends them.
#[utoipa::path(
    post,
    path = "/v1/payments",
    tag = "payments",
    params(("idempotency-key" = String, Header, min_length = 1, max_length = 255,
        description = "Chosen by the caller, one for each payment; visible ASCII")),
    request_body = NewPayment,
    responses(
        (status = 201, body = PaymentView),
        (status = 400, description = "The idempotency key is missing", body = ProblemBody),
        (status = 409, description = "The reference is taken", body = ProblemBody),
        (status = 422, description = "A field is not valid, or the idempotency key was used for \
            another request", body = ProblemBody),
    )
)]
async fn create(
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
    params(PageParams),
    responses(
        (status = 200, body = List<PaymentView>),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
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
    params(("id" = PaymentId, Path)),
    responses(
        (status = 200, body = PaymentView),
        (status = 404, description = "There is no such payment", body = ProblemBody),
    )
)]
async fn get(
    mut tx: TenantTx,
    PathId(id): PathId<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    let payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(payment.into()))
}

/// Cancel a payment that nobody has paid
#[utoipa::path(
    post,
    path = "/v1/payments/{id}/cancel",
    tag = "payments",
    params(("id" = PaymentId, Path)),
    request_body = Option<Cancellation>,
    responses(
        (status = 200, body = PaymentView),
        (status = 404, description = "There is no such payment", body = ProblemBody),
        (status = 409, description = "It is paid or canceled, or has changed", body = ProblemBody),
    )
)]
async fn cancel(
    State(app): State<App>,
    tx: TenantTx,
    PathId(id): PathId<PaymentId>,
    cancellation: Option<Json<Cancellation>>,
) -> Result<Json<PaymentView>, Problem> {
    let Json(cancellation) = cancellation.unwrap_or_default();
    let payment = super::cancel::cancel(tx, id, &cancellation, app.now()).await?;
    Ok(Json(payment.into()))
}
