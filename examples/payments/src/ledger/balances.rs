use serde::Serialize;
use tenancy_core::Error;
use tenancy_sqlx::{FromTenantRow, TenantTx};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{AccountCode, Side};
use crate::ids::AccountId;
use crate::money::Currency;

/// What stood on an account at a time: the sum of its postings that were written down until then.
#[derive(Debug, FromTenantRow)]
pub(super) struct Balance {
    account: AccountId,
    code: AccountCode,
    currency: Currency,
    debits: i64,
    credits: i64,
}

impl Balance {
    /// Adds up, a row for each account that had postings.
    pub(super) async fn at(tx: &mut TenantTx, at: OffsetDateTime) -> Result<Vec<Self>, Error> {
        tx.sql(
            "SELECT a.id AS account, a.code AS code, a.currency AS currency,
                    sum(CASE WHEN p.side = 'debit' THEN p.amount ELSE 0 END) AS debits,
                    sum(CASE WHEN p.side = 'credit' THEN p.amount ELSE 0 END) AS credits
             FROM ledger_accounts a
             JOIN postings p ON p.account_id = a.id
             JOIN journal_entries e ON e.id = p.entry_id
             WHERE e.recorded_at <= $1
             GROUP BY a.id, a.code, a.currency ORDER BY a.currency, a.code",
        )
        .bind(at)
        .fetch_all_as()
        .await
    }
}

/// A balance at a time, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BalanceAt)]
pub(super) struct BalanceView {
    account: AccountId,
    code: AccountCode,
    currency: Currency,
    normal_side: Side,
    /// Counted towards the normal side.
    balance: i64,
    #[schema(example = "96.80")]
    balance_decimal: String,
}

impl From<Balance> for BalanceView {
    fn from(Balance { account, code, currency, debits, credits }: Balance) -> Self {
        let normal_side = code.normal_side();
        let balance = match normal_side {
            Side::Debit => debits - credits,
            Side::Credit => credits - debits,
        };
        let balance_decimal = currency.decimal(balance);
        Self { account, code, currency, normal_side, balance, balance_decimal }
    }
}
