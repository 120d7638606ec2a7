use http::StatusCode;
use tenancy_core::{Error, Problem, TenantId};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::{Capture, CaptureState};
use crate::app::App;
use crate::connectors::{Report, Standing};
use crate::idempotency::{Answer, Replay};
use crate::ids::{CaptureId, missing};
use crate::ledger::{self, AccountCode, Cause, CauseKind, Draft, Hold};
use crate::money::{Currency, Fee};
use crate::payments::step::{self, Halt};
use crate::payments::{Payment, PaymentState, PaymentView};

/// Writes down what a provider says of a capture, and answers the request that waits for it. A
/// provider that says nothing is asked again later.
pub(crate) async fn record(
    app: &App,
    tenant: TenantId,
    id: CaptureId,
    report: Option<Report>,
) -> Result<Answer, Problem> {
    let (state, payment) = step::insist(|| write_down(app, tenant, id, report.as_ref())).await?;
    if state == CaptureState::Processing {
        app.follow_up(tenant);
    }
    Ok(answer(state, payment))
}

fn answer(state: CaptureState, payment: Payment) -> Answer {
    let status = match state {
        CaptureState::Processing | CaptureState::Conflicted => StatusCode::ACCEPTED,
        CaptureState::Succeeded | CaptureState::Failed => StatusCode::OK,
    };
    Answer::of(status, &PaymentView::from(payment))
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    id: CaptureId,
    report: Option<&Report>,
) -> Result<(CaptureState, Payment), Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut capture = tx.repo::<Capture>().get(&id).await?.ok_or_else(missing)?;
    let mut payment = tx.repo::<Payment>().get(&capture.payment_id).await?.ok_or_else(missing)?;
    if capture.state != CaptureState::Processing {
        return Ok((capture.state, payment));
    }
    capture.state = match report.map(|report| &report.standing) {
        None | Some(Standing::Pending) => CaptureState::Processing,
        Some(Standing::Declined(code)) => {
            capture.failure_code = Some(code.clone());
            CaptureState::Failed
        }
        Some(Standing::Succeeded) if is_as_asked(&capture, payment.currency, report) => {
            CaptureState::Succeeded
        }
        Some(Standing::Succeeded) => CaptureState::Conflicted,
    };
    capture.updated_at = now;
    let units = capture.amount.units();
    match capture.state {
        CaptureState::Processing => {}
        CaptureState::Conflicted => {
            capture.reported_amount = report.map(|report| report.amount.units());
            capture.reported_currency = report.map(|report| report.currency);
            payment.needs_decision_since = Some(now);
        }
        CaptureState::Failed => payment.amount_capturing -= units,
        CaptureState::Succeeded => {
            capture.fee = captured(&mut payment, units, units, now)?;
        }
    }
    let (capture, payment) = finish(app, &mut tx, capture, payment, now).await?;
    tx.commit().await?;
    Ok((capture.state, payment))
}

/// Writes down a capture and its payment as they are now, tells of both, answers the request that
/// waits for it, and moves the money if some was taken.
pub(super) async fn finish(
    app: &App,
    tx: &mut TenantTx,
    capture: Capture,
    payment: Payment,
    now: OffsetDateTime,
) -> Result<(Capture, Payment), Halt> {
    let payment = tx.repo::<Payment>().update(payment).await?;
    let capture = tx.repo::<Capture>().update(capture).await?;
    if capture.state != CaptureState::Processing {
        app.emit(tx, &capture).await?;
    }
    if capture.state == CaptureState::Succeeded {
        app.emit(tx, &payment).await?;
    }
    if let Some(replay) = capture.answers.clone() {
        Replay::complete(tx, replay, &answer(capture.state, payment.clone())).await?;
    }
    if capture.state == CaptureState::Succeeded {
        take_from_hold(tx, &capture).await?;
        post(tx, &capture, payment.currency, now).await?;
    }
    Ok((capture, payment))
}

fn is_as_asked(capture: &Capture, currency: Currency, report: Option<&Report>) -> bool {
    report.is_some_and(|report| (report.amount, report.currency) == (capture.amount, currency))
}

/// Moves what was taken of an amount that was asked for from being captured to captured. Returns what
/// more the fee is by that.
pub(super) fn captured(
    payment: &mut Payment,
    asked: i64,
    taken: i64,
    now: OffsetDateTime,
) -> Result<i64, Problem> {
    let before = payment.amount_captured;
    payment.amount_capturing -= asked;
    payment.amount_captured += taken;
    let all = payment.amount_captured == payment.amount_authorized;
    match (all, payment.state) {
        (true, _) => payment.become_state(PaymentState::Succeeded, now)?,
        (false, PaymentState::Authorized) => {
            payment.become_state(PaymentState::PartiallyCaptured, now)?;
        }
        (false, _) => payment.updated_at = now,
    }
    let fee = Fee::of(payment.currency);
    Ok(fee.on(payment.amount_captured) - fee.on(before))
}

async fn take_from_hold(tx: &mut TenantTx, capture: &Capture) -> Result<(), Error> {
    let of_attempt =
        Hold::CAUSE_KIND.eq(CauseKind::Attempt).and(Hold::CAUSE_ID.eq(capture.attempt_id.uuid()));
    if let Some(mut hold) = tx.repo::<Hold>().find(of_attempt).await? {
        hold.post(capture.amount.units());
        tx.repo::<Hold>().update(hold).await?;
    }
    Ok(())
}

/// Writes the entry of a capture: what the provider owes, what of it is the merchant's, and the
/// fee.
pub(crate) async fn post(
    tx: &mut TenantTx,
    capture: &Capture,
    currency: Currency,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let cause = Cause { kind: CauseKind::Capture, id: capture.id.uuid() };
    let units = capture.amount.units();
    let draft = Draft::new(cause, currency)
        .debit(AccountCode::PspReceivable, units)
        .credit(AccountCode::MerchantPending, units - capture.fee)
        .credit(AccountCode::FeeIncome, capture.fee);
    ledger::post(tx, draft, now).await
}
