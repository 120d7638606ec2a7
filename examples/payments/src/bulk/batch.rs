use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::totals::Totals;
use crate::ids::BatchId;

/// A file of payments.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "bulk_batches", version = "version")]
pub(crate) struct Batch {
    #[tenant(key)]
    pub(crate) id: BatchId,
    pub(crate) tenant_id: TenantId,
    /// Of the file, in hexadecimal digits.
    pub(crate) sha256: String,
    pub(crate) mode: BatchMode,
    pub(crate) state: BatchState,
    pub(crate) maker: String,
    pub(crate) approver: Option<String>,
    pub(crate) rows_good: i64,
    pub(crate) rows_bad: i64,
    /// What its good rows add up to; `None` in batches from before that was kept.
    pub(crate) totals: Option<Totals>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// What bad rows mean for the good ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BatchMode {
    /// With a bad row none is paid.
    Atomic,
    /// Good rows are paid.
    BestEffort,
}

/// Where a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BatchState {
    /// Looked through; nothing happens.
    Checked,
    /// Waits for somebody else.
    Submitted,
    /// Its rows are being paid.
    Running,
    /// Every row has come to an end. Final.
    Finished,
    /// Somebody did not agree. Final.
    Rejected,
    /// Given up; what was paid stays paid. Final.
    Canceled,
}

impl BatchState {
    /// Goes there.
    ///
    /// # Errors
    ///
    /// 409 `batch_state` when it may not.
    pub(super) fn become_state(self, next: Self) -> Result<Self, Problem> {
        use BatchState as S;
        let may = match self {
            S::Checked => matches!(next, S::Submitted | S::Canceled),
            S::Submitted => matches!(next, S::Running | S::Rejected | S::Canceled),
            S::Running => matches!(next, S::Finished | S::Canceled),
            S::Finished | S::Rejected | S::Canceled => false,
        };
        if may {
            return Ok(next);
        }
        Err(Problem::new(409, "batch_state", "The batch's state does not allow it"))
    }
}

#[cfg(test)]
mod tests {
    use super::BatchState as S;

    #[test]
    fn a_batch_ends_once() {
        let all = [S::Checked, S::Submitted, S::Running, S::Finished, S::Rejected, S::Canceled];
        for end in [S::Finished, S::Rejected, S::Canceled] {
            assert!(all.iter().all(|next| end.become_state(*next).is_err()), "{end:?}");
        }
        assert!(S::Checked.become_state(S::Running).is_err(), "somebody has to agree");
        assert!(S::Submitted.become_state(S::Running).is_ok());
    }
}
