use tenancy_core::Error;
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::confirm::answer;
use super::put_off::first_ask;
use super::{Attempt, AttemptState};
use crate::app::App;
use crate::connectors::holds_for;
use crate::idempotency::Replay;
use crate::ledger::{Cause, CauseKind, Hold};
use crate::money::Amount;
use crate::payments::captures::{self, Capture};
use crate::payments::step::Halt;
use crate::payments::{CaptureMode, Payment, PaymentState};

/// What has come of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nobody knows yet.
    Unknown,
    /// Something else than was asked for: a person decides.
    Conflicted,
    /// So much of the payer's money is reserved, or taken.
    Authorized(Amount),
    /// Nothing is, and why.
    Declined(String),
}

/// Makes an outcome an attempt's and its payment's, with all that follows from it, and answers the
/// request that waits for it.
///
/// # Errors
///
/// [`Halt::Overtaken`] when somebody else has settled it meanwhile.
pub(super) async fn settle(
    app: &App,
    tx: &mut TenantTx,
    mut attempt: Attempt,
    mut payment: Payment,
    outcome: Outcome,
) -> Result<(Attempt, Payment), Halt> {
    let now = app.now();
    attempt.state = outcome.attempt_state();
    attempt.updated_at = now;
    let next = outcome.payment_state(payment.capture_mode);
    // The payment of an open attempt is open: where it is not, somebody was faster between two looks.
    payment.become_state(next, now).map_err(|_| Halt::Overtaken)?;
    payment.needs_decision_since = (outcome == Outcome::Conflicted).then_some(now);
    match &outcome {
        Outcome::Unknown => attempt.next_ask_at = first_ask(now),
        Outcome::Conflicted => {}
        Outcome::Declined(code) => {
            payment.failure_code = Some(code.clone());
            attempt.failure_code = Some(code.clone());
        }
        Outcome::Authorized(amount) => {
            payment.amount_authorized = amount.units();
            if payment.capture_mode == CaptureMode::Automatic {
                payment.amount_captured = amount.units();
            }
        }
    }
    // The payment first, then accounts: in this order everywhere, so that nobody waits in a circle.
    // Accounts last: everybody waits for them.
    let payment = tx.repo::<Payment>().update(payment).await?;
    app.emit(tx, &payment).await?;
    let attempt = tx.repo::<Attempt>().update(attempt).await?;
    if let Some(replay) = attempt.answers.clone() {
        Replay::complete(tx, replay, &answer(payment.clone(), attempt.answer_status)).await?;
    }
    if let Outcome::Authorized(amount) = outcome {
        authorized(app, tx, &payment, &attempt, amount, now).await?;
    }
    Ok((attempt, payment))
}

/// The money is reserved: a hold says so. Or it is taken: an entry does.
async fn authorized(
    app: &App,
    tx: &mut TenantTx,
    payment: &Payment,
    attempt: &Attempt,
    amount: Amount,
    now: OffsetDateTime,
) -> Result<(), Error> {
    match payment.capture_mode {
        CaptureMode::Manual => {
            let cause = Cause { kind: CauseKind::Attempt, id: attempt.id.uuid() };
            let (tenant, until) = (payment.tenant_id, now + holds_for(&attempt.connector));
            let hold = Hold::new(tenant, cause, amount, payment.currency, now).until(until);
            tx.repo::<Hold>().insert(hold).await?;
            let app = app.clone();
            tx.after_commit(move || app.open_work().note(tenant, until));
            Ok(())
        }
        CaptureMode::Automatic => {
            let capture = Capture::with_authorization(payment, attempt, amount, now);
            let capture = tx.repo::<Capture>().insert(capture).await?;
            app.emit(tx, &capture).await?;
            captures::post(tx, &capture, payment.currency, now).await
        }
    }
}

impl Outcome {
    const fn attempt_state(&self) -> AttemptState {
        match self {
            Self::Unknown => AttemptState::Unknown,
            Self::Conflicted => AttemptState::Conflicted,
            Self::Authorized(_) => AttemptState::Authorized,
            Self::Declined(_) => AttemptState::Declined,
        }
    }

    const fn payment_state(&self, mode: CaptureMode) -> PaymentState {
        match (self, mode) {
            (Self::Unknown, _) => PaymentState::Unknown,
            (Self::Conflicted, _) => PaymentState::Conflicted,
            (Self::Declined(_), _) => PaymentState::Failed,
            (Self::Authorized(_), CaptureMode::Manual) => PaymentState::Authorized,
            (Self::Authorized(_), CaptureMode::Automatic) => PaymentState::Succeeded,
        }
    }
}
