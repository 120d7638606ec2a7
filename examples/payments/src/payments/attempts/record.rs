use tenancy_core::{Error, Problem, TenantId};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::confirm::answer;
use super::{Attempt, AttemptState};
use crate::app::App;
use crate::connectors::{Report, Standing};
use crate::idempotency::Replay;
use crate::ids::{AttemptId, missing};
use crate::ledger::{Cause, CauseKind, Hold};
use crate::payments::captures::{self, Capture};
use crate::payments::step::{self, Halt};
use crate::payments::{CaptureMode, Payment, PaymentState};

/// Writes down what a provider says of an attempt, or that it does not say it in time, and answers
/// the request that waits for it. Of an attempt that is final nothing changes.
pub(crate) async fn record(
    app: &App,
    tenant: TenantId,
    id: AttemptId,
    report: Option<Report>,
) -> Result<Payment, Problem> {
    let payment = step::insist(|| write_down(app, tenant, id, report.as_ref())).await?;
    if payment.state == PaymentState::Unknown {
        app.follow_up(tenant);
    }
    Ok(payment)
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    id: AttemptId,
    report: Option<&Report>,
) -> Result<Payment, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut attempt = tx.repo::<Attempt>().get(&id).await?.ok_or_else(missing)?;
    let mut payment = tx.repo::<Payment>().get(&attempt.payment_id).await?.ok_or_else(missing)?;
    if !attempt.state.is_open() || is_nothing_new(&attempt, report) {
        return Ok(payment);
    }
    let outcome = Outcome::of(&payment, report);
    attempt.state = outcome.attempt_state();
    attempt.provider_reference = report.and_then(|report| report.reference.clone());
    attempt.updated_at = now;
    payment.become_state(outcome.payment_state(payment.capture_mode), now)?;
    match &outcome {
        Outcome::Unknown | Outcome::Conflicted => {}
        Outcome::Declined(code) => {
            payment.failure_code = Some(code.clone());
            attempt.failure_code = Some(code.clone());
        }
        Outcome::Authorized => {
            payment.amount_authorized = payment.amount.units();
            if payment.capture_mode == CaptureMode::Automatic {
                payment.amount_captured = payment.amount.units();
            }
        }
    }
    // The payment first, then accounts: in this order everywhere, so that nobody waits in a circle.
    // Accounts last: everybody waits for them.
    let payment = tx.repo::<Payment>().update(payment).await?;
    app.emit(&mut tx, &payment).await?;
    let attempt = tx.repo::<Attempt>().update(attempt).await?;
    if let Some(replay) = attempt.answers.clone() {
        Replay::complete(&mut tx, replay, &answer(payment.clone(), attempt.answer_status)).await?;
    }
    if let Outcome::Authorized = outcome {
        authorized(app, &mut tx, &payment, &attempt, now).await?;
    }
    tx.commit().await?;
    Ok(payment)
}

/// The money is reserved: a hold says so. Or it is taken: an entry does.
async fn authorized(
    app: &App,
    tx: &mut TenantTx,
    payment: &Payment,
    attempt: &Attempt,
    now: OffsetDateTime,
) -> Result<(), Error> {
    match payment.capture_mode {
        CaptureMode::Manual => {
            let cause = Cause { kind: CauseKind::Attempt, id: attempt.id.uuid() };
            let (tenant, amount) = (payment.tenant_id, payment.amount);
            let hold = Hold::new(tenant, cause, amount, payment.currency, now);
            tx.repo::<Hold>().insert(hold).await.map(drop)
        }
        CaptureMode::Automatic => {
            let capture = Capture::with_authorization(payment, attempt, now);
            let capture = tx.repo::<Capture>().insert(capture).await?;
            app.emit(tx, &capture).await?;
            captures::post(tx, &capture, payment.currency, now).await
        }
    }
}

/// A provider that is still silent has been noted already.
fn is_nothing_new(attempt: &Attempt, report: Option<&Report>) -> bool {
    let silent = report.is_none_or(|report| report.standing == Standing::Pending);
    silent && attempt.state == AttemptState::Unknown
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Unknown,
    Conflicted,
    Authorized,
    Declined(String),
}

impl Outcome {
    fn of(payment: &Payment, report: Option<&Report>) -> Self {
        match report {
            None => Self::Unknown,
            Some(report) => match &report.standing {
                Standing::Pending => Self::Unknown,
                Standing::Declined(code) => Self::Declined(code.clone()),
                Standing::Succeeded if is_as_asked(payment, report) => Self::Authorized,
                Standing::Succeeded => Self::Conflicted,
            },
        }
    }

    const fn attempt_state(&self) -> AttemptState {
        match self {
            Self::Unknown => AttemptState::Unknown,
            Self::Conflicted => AttemptState::Conflicted,
            Self::Authorized => AttemptState::Authorized,
            Self::Declined(_) => AttemptState::Declined,
        }
    }

    const fn payment_state(&self, mode: CaptureMode) -> PaymentState {
        match (self, mode) {
            (Self::Unknown, _) => PaymentState::Unknown,
            (Self::Conflicted, _) => PaymentState::Conflicted,
            (Self::Declined(_), _) => PaymentState::Failed,
            (Self::Authorized, CaptureMode::Manual) => PaymentState::Authorized,
            (Self::Authorized, CaptureMode::Automatic) => PaymentState::Succeeded,
        }
    }
}

fn is_as_asked(payment: &Payment, report: &Report) -> bool {
    (report.amount, report.currency) == (payment.amount, payment.currency)
}
