use std::borrow::Cow;

use kit::events::Subject;
use serde::{Deserialize, Serialize};
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::{ApprovalId, DecisionId, PaymentId, WorkflowVersionId};

/// A payment that waits for people, under the version that was published when it was made.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "workflow_runs", version = "version")]
pub(crate) struct Run {
    #[tenant(key)]
    pub(crate) id: ApprovalId,
    pub(crate) tenant_id: TenantId,
    pub(crate) payment_id: PaymentId,
    pub(crate) version_id: WorkflowVersionId,
    pub(crate) state: RunState,
    /// Who has made the payment.
    pub(crate) maker: String,
    pub(crate) required: i64,
    pub(crate) approved: i64,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// What has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunState {
    /// Not enough have agreed yet.
    Waiting,
    /// Enough have.
    Approved,
    /// Somebody has not.
    Rejected,
    /// Not enough have in time.
    Expired,
}

/// What somebody has said. The database keeps makers from deciding, and everybody from deciding
/// twice.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "approval_decisions")]
pub(crate) struct Decision {
    #[tenant(key)]
    pub(crate) id: DecisionId,
    pub(crate) tenant_id: TenantId,
    pub(crate) run_id: ApprovalId,
    pub(crate) maker: String,
    pub(crate) approver: String,
    pub(crate) verdict: Verdict,
    pub(crate) decided_at: OffsetDateTime,
}

/// Whether somebody agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Approve,
    Reject,
}

/// What waits for people, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approval)]
pub(crate) struct RunView {
    id: ApprovalId,
    payment: PaymentId,
    state: RunState,
    maker: String,
    /// How many have to agree.
    required: i64,
    /// How many have.
    approved: i64,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        let Run { id, payment_id, state, maker, required, approved, expires_at, .. } = run;
        let Run { created_at, updated_at, .. } = run;
        Self {
            id,
            payment: payment_id,
            state,
            maker,
            required,
            approved,
            expires_at,
            created_at,
            updated_at,
        }
    }
}

impl Subject for Run {
    type View = RunView;

    fn event_kind(&self) -> Cow<'static, str> {
        match self.state {
            RunState::Waiting => "approval.requested",
            RunState::Approved => "approval.approved",
            RunState::Rejected => "approval.rejected",
            RunState::Expired => "approval.expired",
        }
        .into()
    }

    fn event_view(&self) -> RunView {
        self.clone().into()
    }
}
