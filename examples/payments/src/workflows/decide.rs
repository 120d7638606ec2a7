use tenancy_core::{Actor, ErrorKind, Problem, TenantId};
use time::OffsetDateTime;

use super::rules::Rules;
use super::run::{RunState, Verdict};
use super::{Decision, Run, Version};
use crate::actors::{maker_is_approver, name_of};
use crate::app::App;
use crate::ids::{ApprovalId, DecisionId, missing};
use crate::payments::step::{self, Halt};
use crate::payments::{Payment, PaymentState};

/// Writes down what somebody says of a payment. With the last approval it can be confirmed; with
/// the first rejection it is rejected.
///
/// Who may decide is looked at now, by the rules that the payment was made under.
///
/// # Errors
///
/// 403 `maker_is_approver` or `not_an_approver`; 409 `approval_decided`, `approval_expired` or
/// `already_decided` by the same person.
pub(super) async fn decide(
    app: &App,
    tenant: TenantId,
    id: ApprovalId,
    approver: &Actor,
    verdict: Verdict,
) -> Result<Run, Problem> {
    let approver = name_of(approver);
    step::take(|| write_down(app, tenant, id, &approver, verdict)).await
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    id: ApprovalId,
    approver: &str,
    verdict: Verdict,
) -> Result<Run, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut run = tx.repo::<Run>().get(&id).await?.ok_or_else(missing)?;
    may_decide(&run, approver, now)?;
    let version = tx.repo::<Version>().get(&run.version_id).await?.ok_or_else(missing)?;
    if !Rules::stored(&version.rules)?.allows(approver) {
        return Err(not_an_approver().into());
    }
    let decision = Decision {
        id: DecisionId::generate(),
        tenant_id: tenant,
        run_id: id,
        maker: run.maker.clone(),
        approver: approver.to_owned(),
        verdict,
        decided_at: now,
    };
    tx.repo::<Decision>().insert(decision).await.map_err(|error| match error.kind() {
        ErrorKind::Conflict => Halt::from(already_decided()),
        _ => error.into(),
    })?;
    run.updated_at = now;
    match verdict {
        Verdict::Reject => run.state = RunState::Rejected,
        Verdict::Approve => {
            run.approved += 1;
            if run.approved >= run.required {
                run.state = RunState::Approved;
            }
        }
    }
    let run = tx.repo::<Run>().update(run).await?;
    let next = match run.state {
        RunState::Approved => Some(PaymentState::RequiresConfirmation),
        RunState::Rejected => Some(PaymentState::Rejected),
        RunState::Waiting | RunState::Expired => None,
    };
    if let Some(next) = next {
        let payment = tx.repo::<Payment>().get(&run.payment_id).await?;
        let mut payment = payment.ok_or_else(missing)?;
        payment.become_state(next, now)?;
        let payment = tx.repo::<Payment>().update(payment).await?;
        app.emit(&mut tx, &payment).await?;
        app.emit(&mut tx, &run).await?;
    }
    tx.commit().await?;
    Ok(run)
}

fn may_decide(run: &Run, approver: &str, now: OffsetDateTime) -> Result<(), Problem> {
    if run.state != RunState::Waiting {
        return Err(Problem::new(409, "approval_decided", "It has been decided"));
    }
    if now >= run.expires_at {
        return Err(Problem::new(409, "approval_expired", "It was not decided in time"));
    }
    if approver == run.maker {
        return Err(maker_is_approver());
    }
    Ok(())
}

fn not_an_approver() -> Problem {
    Problem::new(403, "not_an_approver", "The workflow asks other people")
}

fn already_decided() -> Problem {
    Problem::new(409, "already_decided", "One person decides once")
}
