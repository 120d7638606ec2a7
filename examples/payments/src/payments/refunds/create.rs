use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantContext, TenantId};
use utoipa::ToSchema;

use super::refund::RefundView;
use super::{Refund, RefundState, ask};
use crate::app::App;
use crate::idempotency::{Answer, Fingerprint, Idempotency, Replay, Turn};
use crate::ids::{PaymentId, RefundId};
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
    let mut payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(payment_missing)?;
    let amount = new.amount.or(Amount::new(payment.refundable())).ok_or_else(too_much)?;
    if amount.units() > payment.refundable() {
        return Err(too_much().into());
    }
    payment.amount_refunding += amount.units();
    payment.updated_at = now;
    let payment = tx.repo::<Payment>().update(payment).await?;
    let refund = Refund {
        id: RefundId::generate(),
        tenant_id: tenant,
        payment_id: id,
        amount,
        currency: payment.currency,
        reason: new.reason.as_ref().map(|reason| reason.as_ref().to_owned()),
        state: RefundState::Pending,
        failure_code: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let refund = tx.repo::<Refund>().insert(refund).await?;
    app.emit(&mut tx, &refund).await?;
    let cause = Cause { kind: CauseKind::Refund, id: refund.id.uuid() };
    let hold = Hold::new(tenant, cause, amount, payment.currency, now);
    tx.repo::<Hold>().insert(hold).await?;
    let from = AccountCode::MerchantAvailable;
    ledger::reserve(&mut tx, from, payment.currency, amount, now).await?;
    let answer = Answer::of(StatusCode::CREATED, &RefundView::from(refund.clone()));
    Replay::complete(&mut tx, replay, &answer).await?;
    tx.commit().await?;
    Ok(Begun::First(refund, answer))
}

/// The same for an id that is none, a random one and another tenant's.
fn payment_missing() -> Problem {
    Problem::new(422, "payment_missing", "There is no such payment").with_param("payment")
}

fn too_much() -> Problem {
    Problem::new(422, "refund_exceeds_captured", "More than what can still be given back")
        .with_param("amount")
}
