use tenancy_core::{Actor, Problem, TenantId};

use super::record::{captured, finish};
use super::{Capture, CaptureState};
use crate::actors::name_of;
use crate::app::App;
use crate::ids::{CaptureId, missing};
use crate::payments::Payment;
use crate::payments::step::{self, Halt};
use crate::payments::verdict::{NOT_DONE, Verdict, decided, settled};

/// Settles a capture of which its provider took something else than it was asked, as a person says.
///
/// # Errors
///
/// 404; 409 `outcome_known`; 422 `field_invalid`.
pub(super) async fn resolve(
    app: &App,
    tenant: TenantId,
    id: CaptureId,
    actor: &Actor,
    verdict: &Verdict,
) -> Result<Capture, Problem> {
    step::take(|| write_down(app, tenant, id, actor, verdict)).await
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    id: CaptureId,
    actor: &Actor,
    verdict: &Verdict,
) -> Result<Capture, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut capture = tx.repo::<Capture>().get(&id).await?.ok_or_else(missing)?;
    if capture.state != CaptureState::Conflicted {
        return Err(settled().into());
    }
    let mut payment = tx.repo::<Payment>().get(&capture.payment_id).await?.ok_or_else(missing)?;
    decided(&mut tx, &mut payment).await?;
    let asked = capture.amount;
    match verdict.done(asked)? {
        None => {
            capture.state = CaptureState::Failed;
            capture.failure_code = Some(NOT_DONE.to_owned());
            payment.amount_capturing -= asked.units();
            payment.updated_at = now;
        }
        Some(taken) => {
            capture.state = CaptureState::Succeeded;
            capture.amount = taken;
            capture.fee = captured(&mut payment, asked.units(), taken.units(), now)?;
        }
    }
    capture.resolved_by = Some(name_of(actor));
    capture.evidence = Some(verdict.evidence());
    capture.updated_at = now;
    let (capture, _) = finish(app, &mut tx, capture, payment, now).await?;
    tx.commit().await?;
    Ok(capture)
}
