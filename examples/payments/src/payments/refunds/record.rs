use tenancy_core::{Error, Problem, TenantId};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::{Refund, RefundState};
use crate::app::App;
use crate::connectors::{Report, Standing};
use crate::ids::{RefundId, missing};
use crate::ledger::{self, AccountCode, Cause, CauseKind, Draft, Hold};
use crate::money::Amount;
use crate::payments::Payment;
use crate::payments::step::{self, Halt};
use crate::payments::verdict::decided;

/// Writes down what a provider says of a refund. A provider that says nothing is asked again later.
pub(crate) async fn record(
    app: &App,
    tenant: TenantId,
    id: RefundId,
    report: Option<Report>,
) -> Result<(), Problem> {
    step::insist(|| write_down(app, tenant, id, report.as_ref())).await
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    id: RefundId,
    report: Option<&Report>,
) -> Result<(), Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut refund = tx.repo::<Refund>().get(&id).await?.ok_or_else(missing)?;
    if refund.state != RefundState::Pending {
        return Ok(());
    }
    refund.state = match report {
        None => return Ok(()),
        Some(report) => match &report.standing {
            Standing::Pending => return Ok(()),
            Standing::Declined(code) => {
                refund.failure_code = Some(code.clone());
                RefundState::Failed
            }
            Standing::Succeeded
                if (report.amount, report.currency) == (refund.amount, refund.currency) =>
            {
                RefundState::Succeeded
            }
            Standing::Succeeded => RefundState::Conflicted,
        },
    };
    refund.updated_at = now;
    if let (RefundState::Conflicted, Some(report)) = (refund.state, report) {
        refund.reported_amount = Some(report.amount.units());
        refund.reported_currency = Some(report.currency);
        conflicted(app, &mut tx, refund, now).await?;
    } else {
        let asked = refund.amount;
        finish(app, &mut tx, refund, asked, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A person has to find out: until then the money stays reserved.
async fn conflicted(
    app: &App,
    tx: &mut TenantTx,
    refund: Refund,
    now: OffsetDateTime,
) -> Result<(), Halt> {
    let mut payment = tx.repo::<Payment>().get(&refund.payment_id).await?.ok_or_else(missing)?;
    payment.needs_decision_since = Some(now);
    payment.updated_at = now;
    tx.repo::<Payment>().update(payment).await?;
    let refund = tx.repo::<Refund>().update(refund).await?;
    Ok(app.emit(tx, &refund).await?)
}

/// Writes down a refund that is over, tells of it, and frees what was reserved for it: of what was
/// asked for, its amount has moved, or nothing.
///
/// The payment first, then the hold, then accounts: in this order everywhere.
pub(super) async fn finish(
    app: &App,
    tx: &mut TenantTx,
    refund: Refund,
    asked: Amount,
    now: OffsetDateTime,
) -> Result<Refund, Halt> {
    let gone = refund.state == RefundState::Succeeded;
    let mut payment = tx.repo::<Payment>().get(&refund.payment_id).await?.ok_or_else(missing)?;
    if refund.resolved_by.is_some() {
        decided(tx, &mut payment).await?;
    }
    payment.amount_refunding -= asked.units();
    if gone {
        payment.amount_refunded += refund.amount.units();
    }
    payment.updated_at = now;
    tx.repo::<Payment>().update(payment).await?;
    let refund = tx.repo::<Refund>().update(refund).await?;
    app.emit(tx, &refund).await?;
    resolve_hold(tx, &refund, gone).await?;
    let from = AccountCode::MerchantAvailable;
    if gone {
        let cause = Cause { kind: CauseKind::Refund, id: refund.id.uuid() };
        let draft = Draft::new(cause, refund.currency)
            .debit(from, refund.amount.units())
            .credit(AccountCode::PspReceivable, refund.amount.units())
            .releasing(from, asked.units());
        ledger::post(tx, draft, now).await?;
    } else {
        ledger::release(tx, from, refund.currency, asked, now).await?;
    }
    Ok(refund)
}

async fn resolve_hold(tx: &mut TenantTx, refund: &Refund, gone: bool) -> Result<(), Error> {
    let of_refund = Hold::CAUSE_KIND.eq(CauseKind::Refund).and(Hold::CAUSE_ID.eq(refund.id.uuid()));
    if let Some(mut hold) = tx.repo::<Hold>().find(of_refund).await? {
        if gone {
            hold.post(refund.amount.units());
            // Of what the provider did not give back, none ever will be.
            hold.release();
        } else {
            hold.release();
        }
        tx.repo::<Hold>().update(hold).await?;
    }
    Ok(())
}
