use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantContext, TenantId};
use tenancy_sqlx::TenantTx;
use utoipa::ToSchema;

use super::refund::RefundView;
use super::{Refund, ask};
use crate::app::App;
use crate::idempotency::{Answer, Fingerprint, Idempotency, Replay, Turn};
use crate::ids::PaymentId;
use crate::ledger::{self, AccountCode, Cause, CauseKind, Hold};
use crate::line::Line;
use crate::money::Amount;
use crate::payments::Payment;
use crate::payments::step::{self, Halt};

/// What it takes to give money back.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRefund {
    /// The payment to give back.
    #[schema(example = "pay_01k8p0g2v7e9h9qk3x5t7w1zra")]
    payment: String,
    /// How much; without it, all that can still be given back.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, example = 1250)]
    amount: Option<Amount>,
    /// Why, for people to read.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, example = "returned goods")]
    reason: Option<Line<200>>,
}

/// Promises a refund: the money is reserved, and the provider is asked from now on until it answers.
///
/// Of refunds at the same time each sees what the others have taken: they change the payment's
/// row, one after the other.
pub(super) async fn create(
    app: App,
    idempotency: Idempotency,
    tenant: TenantId,
    new: NewRefund,
) -> Result<Answer, Problem> {
    step::to_its_end(
        "promise a refund",
        Box::pin(async move {
            let fingerprint = Fingerprint::of("POST /v1/refunds", &new);
            let begun = step::take(|| begin(&app, &idempotency, tenant, &new, fingerprint)).await?;
            let (refund, answer) = match begun {
                Begun::Again(answer) => return Ok(answer),
                Begun::First(refund, answer) => (refund, answer),
            };
            app.follow_up(tenant);
            // Not waited for: what a provider says of a refund can take days.
            TenantContext::spawn(async move {
                if let Err(problem) = ask(&app, &refund).await {
                    tracing::warn!(code = problem.code(), "a refund is asked for again later");
                }
            });
            Ok(answer)
        }),
    )
    .await
}

#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Begun {
    First(Refund, Answer),
    Again(Answer),
}

async fn begin(
    app: &App,
    idempotency: &Idempotency,
    tenant: TenantId,
    new: &NewRefund,
    fingerprint: Fingerprint,
) -> Result<Begun, Halt> {
    let (db, now) = (app.db(), app.now());
    let (mut tx, replay) = match idempotency.begin(db, db.tenant(tenant), fingerprint, now).await? {
        Turn::First(tx, replay) => (tx, replay),
        Turn::Again(answer) => return Ok(Begun::Again(answer)),
    };
    let id: PaymentId = new.payment.parse().map_err(|_| payment_missing())?;
    let payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(payment_missing)?;
    let amount = new.amount.or(Amount::new(payment.refundable())).ok_or_else(too_much)?;
    let mut refund = Refund::new(&payment, amount, now);
    refund.reason = new.reason.as_ref().map(|reason| reason.as_ref().to_owned());
    let refund = promise(app, &mut tx, payment, refund).await?;
    let answer = Answer::of(StatusCode::CREATED, &RefundView::from(refund.clone()));
    Replay::complete(&mut tx, replay, &answer).await?;
    tx.commit().await?;
    Ok(Begun::First(refund, answer))
}

/// Writes a refund down and reserves its money.
///
/// # Errors
///
/// 422 `refund_exceeds_captured`, and those of [`ledger::reserve`].
pub(super) async fn promise(
    app: &App,
    tx: &mut TenantTx,
    mut payment: Payment,
    refund: Refund,
) -> Result<Refund, Halt> {
    let (amount, now) = (refund.amount, refund.created_at);
    if amount.units() > payment.refundable() {
        return Err(too_much().into());
    }
    payment.amount_refunding += amount.units();
    payment.updated_at = now;
    let payment = tx.repo::<Payment>().update(payment).await?;
    let refund = tx.repo::<Refund>().insert(refund).await?;
    app.emit(tx, &refund).await?;
    let cause = Cause { kind: CauseKind::Refund, id: refund.id.uuid() };
    let hold = Hold::new(payment.tenant_id, cause, amount, payment.currency, now);
    tx.repo::<Hold>().insert(hold).await?;
    let from = AccountCode::MerchantAvailable;
    ledger::reserve(tx, from, payment.currency, amount, now).await?;
    Ok(refund)
}

/// The same for an id that is none, a random one and another tenant's.
pub(super) fn payment_missing() -> Problem {
    Problem::new(422, "payment_missing", "There is no such payment").with_param("payment")
}

fn too_much() -> Problem {
    Problem::new(422, "refund_exceeds_captured", "More than what can still be given back")
        .with_param("amount")
}
