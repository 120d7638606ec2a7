use tenancy_core::{Problem, TenantId};

use super::settle::{Outcome, settle};
use super::{Attempt, AttemptState};
use crate::app::App;
use crate::connectors::{Report, Standing};
use crate::ids::{AttemptId, missing};
use crate::payments::step::{self, Halt};
use crate::payments::{Payment, PaymentState};

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
    let mut tx = app.db().tenant(tenant);
    let mut attempt = tx.repo::<Attempt>().get(&id).await?.ok_or_else(missing)?;
    let payment = tx.repo::<Payment>().get(&attempt.payment_id).await?.ok_or_else(missing)?;
    if !attempt.state.is_open() || is_nothing_new(&attempt, report) {
        return Ok(payment);
    }
    let outcome = outcome(&payment, report);
    attempt.provider_reference = report.and_then(|report| report.reference.clone());
    if let (Outcome::Conflicted, Some(report)) = (&outcome, report) {
        attempt.reported_amount = Some(report.amount.units());
        attempt.reported_currency = Some(report.currency);
    }
    let (_, payment) = settle(app, &mut tx, attempt, payment, outcome).await?;
    tx.commit().await?;
    Ok(payment)
}

/// A provider that is still silent has been noted already.
fn is_nothing_new(attempt: &Attempt, report: Option<&Report>) -> bool {
    let silent = report.is_none_or(|report| report.standing == Standing::Pending);
    silent && attempt.state == AttemptState::Unknown
}

fn outcome(payment: &Payment, report: Option<&Report>) -> Outcome {
    match report {
        None => Outcome::Unknown,
        Some(report) => match &report.standing {
            Standing::Pending => Outcome::Unknown,
            Standing::Declined(code) => Outcome::Declined(code.clone()),
            Standing::Succeeded if is_as_asked(payment, report) => {
                Outcome::Authorized(payment.amount)
            }
            Standing::Succeeded => Outcome::Conflicted,
        },
    }
}

fn is_as_asked(payment: &Payment, report: &Report) -> bool {
    (report.amount, report.currency) == (payment.amount, payment.currency)
}
