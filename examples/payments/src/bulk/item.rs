use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::{BatchId, BatchItemId, PaymentId};

/// A row of a batch. The database has one of each row, and one payment of it at most.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "bulk_items", version = "version")]
pub(crate) struct Item {
    #[tenant(key)]
    pub(crate) id: BatchItemId,
    pub(crate) tenant_id: TenantId,
    pub(crate) batch_id: BatchId,
    /// In the file, the line of names is row 1.
    #[tenant(column = "line")]
    pub(crate) row: i64,
    pub(crate) state: ItemState,
    pub(crate) amount: Option<i64>,
    pub(crate) currency: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) payment_method: Option<String>,
    /// What is wrong with it, or why it was refused.
    pub(crate) code: Option<String>,
    /// The column that is wrong.
    pub(crate) wrong_column: Option<String>,
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemState {
    /// Cannot be paid as it is.
    Bad,
    /// Has not been paid yet.
    Waiting,
    /// A provider is asked.
    Processing,
    /// Paid.
    Succeeded,
    /// Refused.
    Failed,
}

/// A row, as callers see it: without the account that pays.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchItem)]
pub(super) struct ItemView {
    row: i64,
    state: ItemState,
    amount: Option<i64>,
    currency: Option<String>,
    reference: Option<String>,
    code: Option<String>,
    column: Option<String>,
    payment: Option<PaymentId>,
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        let Item {
            row, state, amount, currency, reference, code, wrong_column, payment_id, ..
        } = item;
        Self {
            row,
            state,
            amount,
            currency,
            reference,
            code,
            column: wrong_column,
            payment: payment_id,
        }
    }
}

impl ItemState {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Waiting => "waiting",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}
