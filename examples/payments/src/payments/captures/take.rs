use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use utoipa::ToSchema;

use super::{Capture, record};
use crate::app::App;
use crate::connectors::{Order, Question};
use crate::idempotency::{Answer, Fingerprint, Idempotency, Turn};
use crate::ids::{PaymentId, missing};
use crate::integrations::Link;
use crate::money::{Amount, Currency};
use crate::payments::attempts::{Attempt, AttemptState};
use crate::payments::step::{self, Halt};
use crate::payments::{Payment, PaymentState};

/// What a capture may say.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Capturing {
    /// How much to take; without it, all that is still reserved.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, example = 1250)]
    amount: Option<Amount>,
}

/// Has the provider take money that it reserved, and tells what came of it.
pub(crate) async fn take(
    app: App,
    idempotency: Idempotency,
    tenant: TenantId,
    id: PaymentId,
    capturing: Capturing,
) -> Result<Answer, Problem> {
    step::to_its_end(
        "capture a payment",
        Box::pin(async move {
            let fingerprint =
                Fingerprint::of(&format!("POST /v1/payments/{id}/capture"), &capturing);
            let amount = capturing.amount;
            let begin = || begin(&app, &idempotency, tenant, id, amount, fingerprint);
            match step::take(begin).await? {
                Begun::Again(answer) => Ok(answer),
                Begun::First(capture, currency, attempt) => {
                    let asked = ask(&app, &capture, currency, &attempt).await;
                    // What could not be written down is asked for again.
                    asked.inspect_err(|_| app.follow_up(tenant))
                }
            }
        }),
    )
    .await
}

#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Begun {
    First(Capture, Currency, Attempt),
    Again(Answer),
}

async fn begin(
    app: &App,
    idempotency: &Idempotency,
    tenant: TenantId,
    id: PaymentId,
    amount: Option<Amount>,
    fingerprint: Fingerprint,
) -> Result<Begun, Halt> {
    let (db, now) = (app.db(), app.now());
    let (mut tx, replay) = match idempotency.begin(db, db.tenant(tenant), fingerprint, now).await? {
        Turn::First(tx, replay) => (tx, replay),
        Turn::Again(answer) => return Ok(Begun::Again(answer)),
    };
    let mut payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    let capturable = payment.capturable();
    if !matches!(payment.state, PaymentState::Authorized | PaymentState::PartiallyCaptured) {
        payment.state.become_state(PaymentState::PartiallyCaptured)?;
    }
    let amount = amount.or(Amount::new(capturable)).ok_or_else(too_much)?;
    if amount.units() > capturable {
        return Err(too_much().into());
    }
    payment.amount_capturing += amount.units();
    payment.updated_at = now;
    let payment = tx.repo::<Payment>().update(payment).await?;
    let of_payment = Attempt::PAYMENT_ID.eq(id).and(Attempt::STATE.eq(AttemptState::Authorized));
    let attempt = tx.repo::<Attempt>().find(of_payment).await?.ok_or_else(missing)?;
    let capture = Capture::new(&payment, attempt.id, amount, replay, now);
    let capture = tx.repo::<Capture>().insert(capture).await?;
    app.emit(&mut tx, &capture).await?;
    tx.commit().await?;
    Ok(Begun::First(capture, payment.currency, attempt))
}

/// Asks the provider for a capture and writes down what it says.
async fn ask(
    app: &App,
    capture: &Capture,
    currency: Currency,
    attempt: &Attempt,
) -> Result<Answer, Problem> {
    let link = Link::of_attempt(app, attempt).await?;
    let reference = attempt.provider_reference.as_deref().ok_or_else(missing)?;
    let request_id = capture.id.to_string();
    let order = Order { request_id: &request_id, amount: capture.amount, currency };
    let report = link.capture(app, &order, reference).await.ok();
    record(app, capture.tenant_id, capture.id, report).await
}

/// Asks what has become of a capture, and for it if it has never arrived.
///
/// While it cannot be told whether it was done it is not asked for again: providers forget after
/// a while which requests they have seen.
pub(crate) async fn ask_again(
    app: &App,
    capture: &Capture,
    currency: Currency,
    attempt: &Attempt,
) -> Result<(), Problem> {
    let link = Link::of_attempt(app, attempt).await?;
    let reference = attempt.provider_reference.as_deref().ok_or_else(missing)?;
    let request_id = capture.id.to_string();
    let question = Question::Capture { request_id: &request_id, reference };
    match link.find(app, &question).await {
        Ok(None) => ask(app, capture, currency, attempt).await.map(drop),
        found => {
            let report = found.ok().flatten();
            record(app, capture.tenant_id, capture.id, report).await.map(drop)
        }
    }
}

fn too_much() -> Problem {
    Problem::new(422, "capture_exceeds_authorized", "More than what is still authorized")
        .with_param("amount")
}
