use tenancy_core::{Actor, Problem, TenantId};

use super::record::finish;
use super::{Refund, RefundState};
use crate::actors::name_of;
use crate::app::App;
use crate::ids::{RefundId, missing};
use crate::payments::step::{self, Halt};
use crate::payments::verdict::{NOT_DONE, Verdict, settled};

/// Settles a refund of which its provider gave back something else than it was asked, as a person
/// says.
///
/// # Errors
///
/// 404; 409 `outcome_known`; 422 `field_invalid`.
pub(super) async fn resolve(
    app: &App,
    tenant: TenantId,
    id: RefundId,
    actor: &Actor,
    verdict: &Verdict,
) -> Result<Refund, Problem> {
    step::take(|| write_down(app, tenant, id, actor, verdict)).await
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    id: RefundId,
    actor: &Actor,
    verdict: &Verdict,
) -> Result<Refund, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut refund = tx.repo::<Refund>().get(&id).await?.ok_or_else(missing)?;
    if refund.state != RefundState::Conflicted {
        return Err(settled().into());
    }
    let asked = refund.amount;
    match verdict.done(asked)? {
        None => {
            refund.state = RefundState::Failed;
            refund.failure_code = Some(NOT_DONE.to_owned());
        }
        Some(given_back) => {
            refund.state = RefundState::Succeeded;
            refund.amount = given_back;
        }
    }
    refund.resolved_by = Some(name_of(actor));
    refund.evidence = Some(verdict.evidence());
    refund.updated_at = now;
    let refund = finish(app, &mut tx, refund, asked, now).await?;
    tx.commit().await?;
    Ok(refund)
}
