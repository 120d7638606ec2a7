use tenancy_core::{List, Problem, TenantId};

use super::Run;
use super::run::RunState;
use crate::app::App;
use crate::ids::missing;
use crate::payments::step::{self, Halt};
use crate::payments::{Payment, PaymentState};

/// How many are looked at together.
const AT_ONCE: u16 = 100;

/// Tells whether a tenant has payments that wait for people.
pub(crate) async fn has_waiting(app: &App, tenant: TenantId) -> Result<bool, Problem> {
    let waiting = Run::STATE.eq(RunState::Waiting);
    Ok(app.db().read(tenant).repo::<Run>().exists(waiting).await?)
}

/// Rejects the payments that not enough people have agreed to in time. Two processes may: what one
/// has written down, the other finds done.
pub(crate) async fn expire_due(app: &App, tenant: TenantId) -> Result<(), Problem> {
    let due = Run::STATE.eq(RunState::Waiting).and(Run::EXPIRES_AT.le(app.now()));
    let due = List::oldest(AT_ONCE).filter(due);
    let runs = app.db().read(tenant).repo::<Run>().list(due).await?.items;
    for run in runs {
        step::take(|| expire(app, tenant, &run)).await?;
    }
    Ok(())
}

async fn expire(app: &App, tenant: TenantId, run: &Run) -> Result<(), Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut run = tx.repo::<Run>().get(&run.id).await?.ok_or_else(missing)?;
    if run.state != RunState::Waiting {
        return Ok(());
    }
    run.state = RunState::Expired;
    run.updated_at = now;
    let run = tx.repo::<Run>().update(run).await?;
    let mut payment = tx.repo::<Payment>().get(&run.payment_id).await?.ok_or_else(missing)?;
    // Whoever made it may have canceled it meanwhile.
    if payment.state == PaymentState::RequiresApproval {
        payment.become_state(PaymentState::Rejected, now)?;
        let payment = tx.repo::<Payment>().update(payment).await?;
        app.emit(&mut tx, &payment).await?;
    }
    app.emit(&mut tx, &run).await?;
    Ok(tx.commit().await?)
}
