use serde::{Deserialize, Serialize};
use tenancy_core::{Actor, Problem};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Correction;
use super::correction::{CorrectionState, ReasonCode};
use crate::actors::name_of;
use crate::ids::{CorrectionId, EntryId};
use crate::ledger::{AccountCode, CauseKind, Entry, Side};
use crate::money::Amount;

/// What it takes to ask for a correction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCorrection {
    /// The entry to take back.
    #[schema(example = "jnl_01k8p0g2v7e9h9qk3x5t7w1zra")]
    entry: String,
    reason_code: ReasonCode,
    /// What is right; without it, the entry should not have been made.
    #[serde(default)]
    legs: Option<Vec<NewLeg>>,
}

/// A posting that is right.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLeg {
    pub(super) code: AccountCode,
    pub(super) side: Side,
    pub(super) amount: Amount,
}

/// Writes the wish down. Nothing moves yet.
///
/// # Errors
///
/// 422 when there is no such entry, or what is said to be right has unequal sides; 409
/// `entry_is_correction` for an entry that is a correction itself.
pub(super) async fn request(
    tx: &mut TenantTx,
    maker: &Actor,
    new: NewCorrection,
    now: OffsetDateTime,
) -> Result<Correction, Problem> {
    let id: EntryId = new.entry.parse().map_err(|_| entry_missing())?;
    let entry = tx.repo::<Entry>().get(&id).await?.ok_or_else(entry_missing)?;
    if entry.cause_kind == CauseKind::Correction {
        let title = "The entry is a correction itself";
        return Err(Problem::new(409, "entry_is_correction", title).with_param("entry"));
    }
    if let Some(legs) = &new.legs
        && !is_balanced(legs)
    {
        return Err(unbalanced());
    }
    let legs = new.legs.map(|legs| serde_json::to_string(&legs).expect("legs are plain"));
    let correction = Correction {
        id: CorrectionId::generate(),
        tenant_id: tx.tenant(),
        entry_id: id,
        reason_code: new.reason_code,
        legs,
        state: CorrectionState::Requested,
        maker: name_of(maker),
        approver: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Ok(tx.repo::<Correction>().insert(correction).await?)
}

fn is_balanced(legs: &[NewLeg]) -> bool {
    let sum = |side| -> i128 {
        let of_side = legs.iter().filter(|leg| leg.side == side);
        of_side.map(|leg| i128::from(leg.amount.units())).sum()
    };
    (2..=20).contains(&legs.len()) && sum(Side::Debit) == sum(Side::Credit)
}

/// The same for an id that is none, a random one and another tenant's.
fn entry_missing() -> Problem {
    Problem::new(422, "entry_missing", "There is no such entry").with_param("entry")
}

fn unbalanced() -> Problem {
    Problem::new(422, "legs_unbalanced", "Debits and credits are not equal")
        .with_detail("two to twenty legs, all of one currency, are expected")
        .with_param("legs")
}
