use serde::Serialize;
use tenancy_core::Error;
use tenancy_sqlx::{FromTenantRow, TenantTx};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::money::Currency;

/// All debits and credits of a tenant in one currency, as they were written down until a time.
#[derive(Debug, PartialEq, Eq, FromTenantRow)]
pub(super) struct TrialBalance {
    currency: Currency,
    debits: i64,
    credits: i64,
}

impl TrialBalance {
    /// Adds up, a row for each currency.
    pub(super) async fn at(tx: &mut TenantTx, at: OffsetDateTime) -> Result<Vec<Self>, Error> {
        tx.sql(
            "SELECT p.currency AS currency,
                    sum(CASE WHEN p.side = 'debit' THEN p.amount ELSE 0 END) AS debits,
                    sum(CASE WHEN p.side = 'credit' THEN p.amount ELSE 0 END) AS credits
             FROM postings p JOIN journal_entries e ON e.id = p.entry_id
             WHERE e.recorded_at <= $1
             GROUP BY p.currency ORDER BY p.currency",
        )
        .bind(at)
        .fetch_all_as()
        .await
    }
}

/// A trial balance, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub(super) struct TrialBalanceView {
    currency: Currency,
    debits: i64,
    credits: i64,
    /// Zero, or an entry is missing a part.
    #[schema(example = 0)]
    difference: i64,
    #[schema(example = "0.00")]
    difference_decimal: String,
}

impl From<TrialBalance> for TrialBalanceView {
    fn from(TrialBalance { currency, debits, credits }: TrialBalance) -> Self {
        let difference = debits - credits;
        let difference_decimal = currency.decimal(difference);
        Self { currency, debits, credits, difference, difference_decimal }
    }
}
