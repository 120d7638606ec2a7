use serde::{Deserialize, Serialize};
use tenancy_core::{Actor, Problem, TenantContext};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::rules::Rules;
use super::{Definition, Version};
use crate::actors::name_of;
use crate::ids::{WorkflowId, WorkflowVersionId, missing};
use crate::line::Line;
use crate::payments::Payment;

/// What it takes to make a workflow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWorkflow {
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "large payments")]
    name: Line<100>,
    rules: Rules,
}

/// What the newest version is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRules {
    rules: Rules,
}

/// How many payments of the last days a version would have asked people about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Simulation {
    days: u16,
    #[schema(example = 12)]
    affected: u64,
    payments: u64,
}

/// Passes when the plan has workflows.
///
/// # Errors
///
/// 403 `feature_not_in_plan`.
pub(super) fn require_feature() -> Result<(), Problem> {
    Ok(TenantContext::current()?.tenant().feature("custom_workflows").require()?)
}

/// Makes a workflow with a first version, that holds for nothing yet.
pub(super) async fn make(
    tx: &mut TenantTx,
    actor: &Actor,
    new: NewWorkflow,
    now: OffsetDateTime,
) -> Result<Definition, Problem> {
    new.rules.check()?;
    let definition = Definition {
        id: WorkflowId::generate(),
        tenant_id: tx.tenant(),
        name: new.name.into_string(),
        newest: 1,
        published_version_id: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let definition = tx.repo::<Definition>().insert(definition).await?;
    add_version(tx, &definition, actor, &new.rules, now).await?;
    Ok(definition)
}

/// Adds a version. What is published holds until this one is.
pub(super) async fn change(
    tx: &mut TenantTx,
    actor: &Actor,
    id: WorkflowId,
    new: &NewRules,
    now: OffsetDateTime,
) -> Result<Definition, Problem> {
    new.rules.check()?;
    let mut definition = tx.repo::<Definition>().get(&id).await?.ok_or_else(missing)?;
    definition.newest += 1;
    definition.updated_at = now;
    let definition = tx.repo::<Definition>().update(definition).await?;
    add_version(tx, &definition, actor, &new.rules, now).await?;
    Ok(definition)
}

/// Lets the newest version hold for new payments.
pub(super) async fn publish(
    tx: &mut TenantTx,
    id: WorkflowId,
    now: OffsetDateTime,
) -> Result<Definition, Problem> {
    let mut definition = tx.repo::<Definition>().get(&id).await?.ok_or_else(missing)?;
    let newest = newest(tx, &definition).await?;
    if newest.published_at.is_none() {
        tx.repo::<Version>().patch(&newest.id, [Version::PUBLISHED_AT.set(Some(now))]).await?;
    }
    definition.published_version_id = Some(newest.id);
    definition.updated_at = now;
    Ok(tx.repo::<Definition>().update(definition).await?)
}

/// Lets none of its versions hold for new payments. Those that wait go on.
pub(super) async fn retire(
    tx: &mut TenantTx,
    id: WorkflowId,
    now: OffsetDateTime,
) -> Result<Definition, Problem> {
    let mut definition = tx.repo::<Definition>().get(&id).await?.ok_or_else(missing)?;
    definition.published_version_id = None;
    definition.updated_at = now;
    Ok(tx.repo::<Definition>().update(definition).await?)
}

/// Counts the payments that the newest version would have asked people about.
pub(super) async fn simulate(
    tx: &mut TenantTx,
    id: WorkflowId,
    days: u16,
    now: OffsetDateTime,
) -> Result<Simulation, Problem> {
    let definition = tx.repo::<Definition>().get(&id).await?.ok_or_else(missing)?;
    let rules = Rules::stored(&newest(tx, &definition).await?.rules)?;
    let from = now - time::Duration::days(days.into());
    let affected = tx.repo::<Payment>().count_where(rules.filter(from)).await?;
    let payments = tx.repo::<Payment>().count_where(Payment::CREATED_AT.ge(from)).await?;
    Ok(Simulation { days, affected, payments })
}

async fn newest(tx: &mut TenantTx, definition: &Definition) -> Result<Version, Problem> {
    let which = Version::DEFINITION_ID.eq(definition.id).and(Version::NUMBER.eq(definition.newest));
    tx.repo::<Version>().find(which).await?.ok_or_else(missing)
}

async fn add_version(
    tx: &mut TenantTx,
    definition: &Definition,
    actor: &Actor,
    rules: &Rules,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let version = Version {
        id: WorkflowVersionId::generate(),
        tenant_id: definition.tenant_id,
        definition_id: definition.id,
        number: definition.newest,
        rules: rules.to_text(),
        published_at: None,
        created_by: name_of(actor),
        created_at: now,
    };
    tx.repo::<Version>().insert(version).await?;
    Ok(())
}
