use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AccountCode, CauseKind, Side};
use crate::ids::{AccountId, EntryId, PostingId};
use crate::money::Currency;

/// Something that happened to money. It is never changed.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "journal_entries")]
pub(crate) struct Entry {
    #[tenant(key)]
    pub(crate) id: EntryId,
    pub(crate) tenant_id: TenantId,
    pub(crate) cause_kind: CauseKind,
    pub(crate) cause_id: Uuid,
    /// Of the entries of one cause.
    pub(crate) sequence: i64,
    /// When it happened.
    pub(crate) effective_at: OffsetDateTime,
    /// When it was written down.
    pub(crate) recorded_at: OffsetDateTime,
    /// Why a correction was made.
    pub(crate) reason_code: Option<String>,
    /// The entry that it takes back.
    pub(crate) reverses: Option<EntryId>,
}

/// What an entry does to one account. It is never changed.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "postings")]
pub(crate) struct Posting {
    #[tenant(key)]
    pub(crate) id: PostingId,
    pub(crate) tenant_id: TenantId,
    pub(crate) entry_id: EntryId,
    pub(crate) account_id: AccountId,
    /// The account's, here too so that the database holds them to each other.
    pub(crate) currency: Currency,
    pub(crate) side: Side,
    pub(crate) amount: i64,
}

/// An entry, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub(super) struct EntryView {
    pub(super) id: EntryId,
    pub(super) cause: CauseKind,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) effective_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) recorded_at: OffsetDateTime,
    /// Why a correction was made.
    #[schema(example = json!(null))]
    pub(super) reason_code: Option<String>,
    /// The entry that it takes back.
    pub(super) reverses: Option<EntryId>,
    pub(super) postings: Vec<PostingView>,
}

/// A posting, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posting)]
pub(super) struct PostingView {
    account: AccountId,
    code: AccountCode,
    side: Side,
    amount: i64,
    currency: Currency,
    #[schema(example = "96.80")]
    amount_decimal: String,
}

impl PostingView {
    pub(super) fn new(posting: &Posting, code: AccountCode) -> Self {
        let Posting { account_id, currency, side, amount, .. } = *posting;
        let amount_decimal = currency.decimal(amount);
        Self { account: account_id, code, side, amount, currency, amount_decimal }
    }
}
