//! Reserved money that nobody has taken in time: the provider gives it back to the payer.

use tenancy_core::{Error, List, Problem, TenantId};
use time::OffsetDateTime;

use super::attempts::{self, Attempt};
use super::cancel::release;
use super::step::{self, Halt};
use super::{Payment, PaymentState};
use crate::app::App;
use crate::ids::{AttemptId, missing};
use crate::ledger::{CauseKind, Hold, HoldState};

/// How many are ended at a time.
const AT_ONCE: u16 = 100;

/// Ends what was reserved for so long that its provider keeps it no more.
pub(super) async fn expire_due(
    app: &App,
    tenant: TenantId,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let of_attempts =
        Hold::STATE.eq(HoldState::Pending).and(Hold::CAUSE_KIND.eq(CauseKind::Attempt));
    let due = List::oldest(AT_ONCE).filter(of_attempts.and(Hold::EXPIRES_AT.le(now)));
    let due = app.db().read(tenant).repo::<Hold>().list(due).await?.items;
    for hold in due {
        let id = AttemptId::from_uuid(hold.cause_id);
        if let Some(attempt) = step::take(|| expire(app, tenant, id, now)).await? {
            attempts::void(app, tenant, attempt).await?;
        }
    }
    Ok(())
}

/// Returns when the next one is over.
pub(super) async fn next(app: &App, tenant: TenantId) -> Result<Option<OffsetDateTime>, Error> {
    let pending = Hold::STATE.eq(HoldState::Pending).and(Hold::EXPIRES_AT.is_some());
    let next = List::oldest(1).filter(pending).order_by(Hold::EXPIRES_AT.asc());
    let next = app.db().read(tenant).repo::<Hold>().list(next).await?.items.pop();
    Ok(next.and_then(|hold| hold.expires_at))
}

/// Returns the attempt whose provider has to be told: it may think that it still reserves the money.
async fn expire(
    app: &App,
    tenant: TenantId,
    id: AttemptId,
    now: OffsetDateTime,
) -> Result<Option<Attempt>, Halt> {
    let mut tx = app.db().tenant(tenant);
    let attempt = tx.repo::<Attempt>().get(&id).await?.ok_or_else(missing)?;
    let mut payment = tx.repo::<Payment>().get(&attempt.payment_id).await?.ok_or_else(missing)?;
    let next = match payment.state {
        PaymentState::Authorized => PaymentState::Expired,
        // What was taken in time stays taken.
        PaymentState::PartiallyCaptured => PaymentState::Canceled,
        _ => return Ok(None),
    };
    if payment.amount_capturing > 0 {
        // A capture is under way, begun in time.
        return Ok(None);
    }
    payment.become_state(next, now)?;
    let payment = tx.repo::<Payment>().update(payment).await?;
    app.emit(&mut tx, &payment).await?;
    let attempt = release(&mut tx, payment.id, Hold::expire, now).await?;
    tx.commit().await?;
    Ok(attempt)
}
