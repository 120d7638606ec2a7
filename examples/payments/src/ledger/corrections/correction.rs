use serde::{Deserialize, Serialize};
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::{CorrectionId, EntryId};

/// A wish to take an entry back.
///
/// The database keeps whoever asked from deciding, and an entry from being taken back twice.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "ledger_corrections", version = "version")]
pub(crate) struct Correction {
    #[tenant(key)]
    pub(crate) id: CorrectionId,
    pub(crate) tenant_id: TenantId,
    pub(crate) entry_id: EntryId,
    pub(crate) reason_code: ReasonCode,
    /// What is right, as JSON; nothing when the entry should not have been made at all.
    pub(crate) legs: Option<String>,
    pub(crate) state: CorrectionState,
    pub(crate) maker: String,
    pub(crate) approver: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Why an entry is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReasonCode {
    /// Another amount moved.
    WrongAmount,
    /// It moved on another account.
    WrongAccount,
    /// The same was written down twice.
    Duplicate,
    /// A fee was charged wrongly.
    FeeError,
    /// The provider has corrected itself.
    ProviderCorrection,
}

impl ReasonCode {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::WrongAmount => "wrong_amount",
            Self::WrongAccount => "wrong_account",
            Self::Duplicate => "duplicate",
            Self::FeeError => "fee_error",
            Self::ProviderCorrection => "provider_correction",
        }
    }
}

/// What has become of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CorrectionState {
    /// Waits for somebody else.
    Requested,
    /// Written down.
    Posted,
    /// Refused.
    Rejected,
}

/// A correction, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Correction)]
pub(super) struct CorrectionView {
    id: CorrectionId,
    entry: EntryId,
    reason_code: ReasonCode,
    state: CorrectionState,
    /// Who asked for it.
    maker: String,
    /// Who decided.
    approver: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Correction> for CorrectionView {
    fn from(correction: Correction) -> Self {
        let Correction { id, entry_id, reason_code, state, maker, approver, .. } = correction;
        let Correction { created_at, updated_at, .. } = correction;
        Self { id, entry: entry_id, reason_code, state, maker, approver, created_at, updated_at }
    }
}
