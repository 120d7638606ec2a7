use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use utoipa::ToSchema;

use super::{Attempt, AttemptState, record};
use crate::app::App;
use crate::connectors::{self, Order};
use crate::idempotency::{Answer, Fingerprint, Idempotency, Turn};
use crate::ids::{AttemptId, PaymentId, missing};
use crate::line::Line;
use crate::payments::step::{self, Halt};
use crate::payments::{CaptureMode, Payment, PaymentState, PaymentView, counted};

/// What a confirmation says.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    /// Where the money comes from, as the provider names it: never a card's number.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "pm_card")]
    payment_method: Line<100>,
}

/// Asks a provider for the payer's money, and tells what came of it.
///
/// The attempt is written down before the provider is asked, and asked for under its id: whatever
/// is lost on the way, the reconciler finds out what has become of it.
pub(crate) async fn confirm(
    app: App,
    idempotency: Idempotency,
    tenant: TenantId,
    id: PaymentId,
    confirmation: Confirmation,
) -> Result<Answer, Problem> {
    step::to_its_end(
        "confirm a payment",
        Box::pin(async move {
            let route = format!("POST /v1/payments/{id}/confirm");
            let fingerprint = Fingerprint::of(&route, &confirmation);
            let begun = step::take(|| begin(&app, &idempotency, tenant, id, fingerprint)).await?;
            let (payment, attempt) = match begun {
                Begun::Again(answer) => return Ok(answer),
                Begun::First(payment, attempt) => (payment, attempt),
            };
            counted(&app, tenant).await;
            let asked = ask(&app, &payment, &attempt, confirmation).await;
            // What could not be written down is asked for again.
            asked.inspect_err(|_| app.follow_up(tenant)).map(answer)
        }),
    )
    .await
}

/// What a confirmation is answered with.
pub(super) fn answer(payment: Payment) -> Answer {
    let status = match payment.state {
        PaymentState::Unknown | PaymentState::Processing => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    Answer::of(status, &PaymentView::from(payment))
}

#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Begun {
    First(Payment, Attempt),
    Again(Answer),
}

async fn begin(
    app: &App,
    idempotency: &Idempotency,
    tenant: TenantId,
    id: PaymentId,
    fingerprint: Fingerprint,
) -> Result<Begun, Halt> {
    let (db, now) = (app.db(), app.now());
    let turn = idempotency.begin(db, db.tenant(tenant), fingerprint, now).await?;
    let Turn::First(mut tx, replay) = turn else {
        let Turn::Again(answer) = turn else { unreachable!("a turn is one or the other") };
        return Ok(Begun::Again(answer));
    };
    let mut payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    payment.become_state(PaymentState::Processing, now)?;
    payment.failure_code = None;
    let payment = tx.repo::<Payment>().update(payment).await?;
    app.emit(&mut tx, &payment).await?;
    let attempt = Attempt {
        id: AttemptId::generate(),
        tenant_id: tenant,
        payment_id: id,
        connector: app.connector().name().to_owned(),
        state: AttemptState::Processing,
        provider_reference: None,
        failure_code: None,
        answers: Some(replay),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let attempt = tx.repo::<Attempt>().insert(attempt).await?;
    tx.commit().await?;
    Ok(Begun::First(payment, attempt))
}

async fn ask(
    app: &App,
    payment: &Payment,
    attempt: &Attempt,
    confirmation: Confirmation,
) -> Result<Payment, Problem> {
    let request_id = attempt.id.to_string();
    let (amount, currency) = (payment.amount, payment.currency);
    let order = Order { request_id: &request_id, amount, currency };
    let method = confirmation.payment_method.into_string();
    let capture = payment.capture_mode == CaptureMode::Automatic;
    let call = app.connector().authorize(&order, &method, capture);
    let report = connectors::within(app.patience().provider, call).await;
    record(app, payment.tenant_id, attempt.id, report).await
}
