use tenancy_core::{Error, Problem, TenantId};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::{Refund, RefundState};
use crate::app::App;
use crate::connectors::{Report, Standing};
use crate::ids::{RefundId, missing};
use crate::ledger::{self, AccountCode, Cause, CauseKind, Draft, Hold};
use crate::payments::Payment;
use crate::payments::step::{self, Halt};

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
    let refund = tx.repo::<Refund>().update(refund).await?;
    app.emit(&mut tx, &refund).await?;
    finish(&mut tx, &refund, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The payment first, then the hold, then accounts: in this order everywhere.
async fn finish(tx: &mut TenantTx, refund: &Refund, now: OffsetDateTime) -> Result<(), Halt> {
    if refund.state == RefundState::Conflicted {
        return Ok(());
    }
    let (units, gone) = (refund.amount.units(), refund.state == RefundState::Succeeded);
    let mut payment = tx.repo::<Payment>().get(&refund.payment_id).await?.ok_or_else(missing)?;
    payment.amount_refunding -= units;
    if gone {
        payment.amount_refunded += units;
    }
    payment.updated_at = now;
    tx.repo::<Payment>().update(payment).await?;
    resolve_hold(tx, refund, gone).await?;
    let from = AccountCode::MerchantAvailable;
    if gone {
        let cause = Cause { kind: CauseKind::Refund, id: refund.id.uuid() };
        let draft = Draft::new(cause, refund.currency)
            .debit(from, units)
            .credit(AccountCode::PspReceivable, units)
            .releasing(from, units);
        ledger::post(tx, draft, now).await?;
    } else {
        ledger::release(tx, from, refund.currency, refund.amount, now).await?;
    }
    Ok(())
}

async fn resolve_hold(tx: &mut TenantTx, refund: &Refund, gone: bool) -> Result<(), Error> {
    let of_refund = Hold::CAUSE_KIND.eq(CauseKind::Refund).and(Hold::CAUSE_ID.eq(refund.id.uuid()));
    if let Some(mut hold) = tx.repo::<Hold>().find(of_refund).await? {
        if gone {
            hold.post(refund.amount.units());
        } else {
            hold.release();
        }
        tx.repo::<Hold>().update(hold).await?;
    }
    Ok(())
}
