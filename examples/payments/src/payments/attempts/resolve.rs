use serde::Deserialize;
use tenancy_core::{Actor, Problem, TenantId};
use utoipa::ToSchema;

use super::settle::{Outcome, settle};
use super::{Attempt, AttemptState};
use crate::actors::name_of;
use crate::app::App;
use crate::ids::{AttemptId, missing};
use crate::line::Line;
use crate::money::Amount;
use crate::payments::Payment;
use crate::payments::step::{self, Halt};
use crate::payments::verdict::{FoundOut, NOT_DONE};

/// What a person has found out of an attempt.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolution {
    /// What the attempt was when it was looked at: what has changed since is looked at again.
    state: AttemptState,
    outcome: FoundOut,
    /// How much the provider has reserved or taken, at most what it was asked for. It has to be there
    /// where the provider told another amount or currency; else it is the whole.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, example = 9999)]
    amount: Option<Amount>,
    /// The provider's name for it, where it has not told one: later captures and refunds need it.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, example = "pi_4711")]
    provider_reference: Option<Line<200>>,
    /// How one knows.
    #[schema(value_type = String, min_length = 1, max_length = 2000,
        example = "statement of 1 December, line 17")]
    evidence: Line<2000>,
}

/// Settles an attempt whose outcome its provider does not tell, or tells otherwise than it was
/// asked, as a person says. Returns the state before, and the attempt.
///
/// # Errors
///
/// 404; 409 `attempt_changed` when it is not what was looked at, and `attempt_settled` when there is
/// nothing to settle; 422 `field_invalid`.
pub(crate) async fn resolve(
    app: &App,
    tenant: TenantId,
    id: AttemptId,
    actor: &Actor,
    resolution: &Resolution,
) -> Result<(AttemptState, Attempt), Problem> {
    step::take(|| write_down(app, tenant, id, actor, resolution)).await
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    id: AttemptId,
    actor: &Actor,
    resolution: &Resolution,
) -> Result<(AttemptState, Attempt), Halt> {
    let mut tx = app.db().tenant(tenant);
    let mut attempt = tx.repo::<Attempt>().get(&id).await?.ok_or_else(missing)?;
    let before = attempt.state;
    if !attempt.is_for_a_person() {
        return Err(settled().into());
    }
    if before != resolution.state {
        return Err(changed().into());
    }
    let payment = tx.repo::<Payment>().get(&attempt.payment_id).await?.ok_or_else(missing)?;
    let outcome = outcome(&attempt, &payment, resolution)?;
    if let Some(reference) = &resolution.provider_reference {
        attempt.provider_reference = Some(reference.as_ref().to_owned());
    }
    attempt.resolved_by = Some(name_of(actor));
    attempt.evidence = Some(resolution.evidence.as_ref().to_owned());
    let (attempt, _) = settle(app, &mut tx, attempt, payment, outcome).await?;
    tx.commit().await?;
    Ok((before, attempt))
}

fn outcome(
    attempt: &Attempt,
    payment: &Payment,
    resolution: &Resolution,
) -> Result<Outcome, Problem> {
    let told = attempt.provider_reference.as_deref();
    let said = resolution.provider_reference.as_ref().map(AsRef::as_ref);
    if let (Some(told), Some(said)) = (told, said)
        && told != said
    {
        return Err(invalid("provider_reference", "the provider has told another one"));
    }
    if resolution.outcome == FoundOut::Failed {
        if resolution.amount.is_some() {
            return Err(invalid("amount", "of what failed there is none"));
        }
        return Ok(Outcome::Declined(NOT_DONE.to_owned()));
    }
    if told.or(said).is_none() {
        return Err(invalid("provider_reference", "the provider has told none: say which it is"));
    }
    let whole = (attempt.state != AttemptState::Conflicted).then_some(payment.amount);
    let amount = resolution.amount.or(whole);
    let amount = amount.ok_or_else(|| {
        invalid("amount", "the provider has told another amount or currency: say how much it is")
    })?;
    if amount.units() > payment.amount.units() {
        return Err(invalid("amount", "it is more than the payment: cancel it at the provider"));
    }
    Ok(Outcome::Authorized(amount))
}

fn invalid(param: &'static str, detail: &'static str) -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid").with_param(param).with_detail(detail)
}

fn changed() -> Problem {
    Problem::new(409, "attempt_changed", "The attempt has changed meanwhile")
        .with_detail("read it again")
        .with_param("state")
}

fn settled() -> Problem {
    Problem::new(409, "attempt_settled", "What has become of the attempt is known")
}
