use tenancy_core::{Error, List, TenantContext};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::rules::Rules;
use super::run::RunState;
use super::{Definition, Run, Version};
use crate::ids::{ApprovalId, WorkflowVersionId};
use crate::payments::Payment;

/// That a payment needs people, by which version, and how many.
pub(crate) struct Needed {
    version: WorkflowVersionId,
    required: i64,
    expires_at: OffsetDateTime,
}

/// Tells whether a payment that is about to be made needs people to agree. Of several workflows
/// that match, the one that asks the most people holds.
///
/// A tenant whose plan has no workflows is asked nothing, and the database neither.
pub(crate) async fn needed(tx: &mut TenantTx, payment: &Payment) -> Result<Option<Needed>, Error> {
    if !TenantContext::current()?.tenant().feature("custom_workflows").is_granted() {
        return Ok(None);
    }
    let published = List::oldest(100).filter(Definition::PUBLISHED_VERSION_ID.is_some());
    let definitions = tx.repo::<Definition>().list(published).await?.items;
    let ids: Vec<_> =
        definitions.iter().filter_map(|definition| definition.published_version_id).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let mut strictest: Option<Needed> = None;
    for version in tx.repo::<Version>().get_many(&ids).await? {
        let rules = Rules::stored(&version.rules)?;
        let required = i64::from(rules.approvals);
        let is_stricter = strictest.as_ref().is_none_or(|before| required > before.required);
        if is_stricter && rules.matches(payment) {
            let expires_at = rules.deadline(payment.created_at);
            strictest = Some(Needed { version: version.id, required, expires_at });
        }
    }
    Ok(strictest)
}

/// Begins to ask people, in the transaction that makes the payment.
pub(crate) async fn begin(
    tx: &mut TenantTx,
    payment: &Payment,
    maker: String,
    needed: &Needed,
) -> Result<Run, Error> {
    let run = Run {
        id: ApprovalId::generate(),
        tenant_id: payment.tenant_id,
        payment_id: payment.id,
        version_id: needed.version,
        state: RunState::Waiting,
        maker,
        required: needed.required,
        approved: 0,
        expires_at: needed.expires_at,
        created_at: payment.created_at,
        updated_at: payment.created_at,
        version: 1,
    };
    tx.repo::<Run>().insert(run).await
}
