use serde::Deserialize;
use tenancy_core::{Problem, TenantContext};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::attempts::{self, Attempt, AttemptState};
use super::step::{self, Halt};
use super::{Payment, PaymentState};
use crate::app::App;
use crate::ids::{PaymentId, missing};
use crate::ledger::{CauseKind, Hold};

/// What a cancellation may say. It needs to say nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancellation {
    /// Cancel only while the payment has this version.
    #[serde(default)]
    version: Option<i64>,
}

/// Cancels a payment, or the rest of it: what has been captured stays captured.
///
/// What a provider still reserves is given back. The payment is canceled before the provider is
/// told, and the provider is told until it has heard.
pub(super) async fn cancel(
    app: &App,
    tx: TenantTx,
    id: PaymentId,
    cancellation: &Cancellation,
) -> Result<Payment, Problem> {
    let (payment, reserved) = match write_down(app, tx, id, cancellation).await {
        Ok(done) => done,
        Err(Halt::Overtaken) => return Err(step::changed()),
        Err(Halt::Away(problem) | Halt::Refused(problem)) => return Err(problem),
    };
    if let Some(attempt) = reserved {
        let (app, tenant) = (app.clone(), payment.tenant_id);
        app.follow_up(tenant);
        TenantContext::spawn(async move {
            if let Err(problem) = attempts::void(&app, tenant, attempt).await {
                tracing::warn!(code = problem.code(), "a provider is told of a cancellation later");
            }
        });
    }
    Ok(payment)
}

async fn write_down(
    app: &App,
    mut tx: TenantTx,
    id: PaymentId,
    cancellation: &Cancellation,
) -> Result<(Payment, Option<Attempt>), Halt> {
    let now = app.now();
    let mut payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    if cancellation.version.is_some_and(|version| version != payment.version) {
        return Err(Halt::Overtaken);
    }
    let has_reserved =
        matches!(payment.state, PaymentState::Authorized | PaymentState::PartiallyCaptured);
    payment.state = payment.state.canceled()?;
    if payment.amount_capturing > 0 {
        return Err(being_captured().into());
    }
    payment.updated_at = now;
    let payment = tx.repo::<Payment>().update(payment).await?;
    app.emit(&mut tx, &payment).await?;
    let attempt = if has_reserved { release(&mut tx, id, Hold::release, now).await? } else { None };
    tx.commit().await?;
    Ok((payment, attempt))
}

/// Resolves the hold, and notes that the provider has to be told.
pub(super) async fn release(
    tx: &mut TenantTx,
    id: PaymentId,
    resolve: fn(&mut Hold),
    now: OffsetDateTime,
) -> Result<Option<Attempt>, Halt> {
    let of_payment = Attempt::PAYMENT_ID.eq(id).and(Attempt::STATE.eq(AttemptState::Authorized));
    let Some(mut attempt) = tx.repo::<Attempt>().find(of_payment).await? else { return Ok(None) };
    attempt.state = AttemptState::Voiding;
    attempt.asked = 0;
    attempt.next_ask_at = now;
    attempt.updated_at = now;
    let attempt = tx.repo::<Attempt>().update(attempt).await?;
    let of_attempt =
        Hold::CAUSE_KIND.eq(CauseKind::Attempt).and(Hold::CAUSE_ID.eq(attempt.id.uuid()));
    if let Some(mut hold) = tx.repo::<Hold>().find(of_attempt).await? {
        resolve(&mut hold);
        tx.repo::<Hold>().update(hold).await?;
    }
    Ok(Some(attempt))
}

fn being_captured() -> Problem {
    Problem::new(409, "payment_not_cancelable", "The payment cannot be canceled")
        .with_detail("a part of it is being captured: ask again")
}
