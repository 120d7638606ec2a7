use serde::Serialize;
use tenancy_core::Error;
use tenancy_sqlx::{FromTenantRow, TenantTx};
use utoipa::ToSchema;

use crate::ids::{AccountId, EntryId};

/// Whether the ledger is what it must be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Verification {
    ok: bool,
    /// Entries whose debits are not their credits, the first hundred.
    unbalanced_entries: Vec<EntryId>,
    /// Accounts whose balance is not the sum of their postings.
    wrong_accounts: Vec<AccountId>,
}

#[derive(Debug, FromTenantRow)]
struct WrongEntry {
    entry: EntryId,
}

#[derive(Debug, FromTenantRow)]
struct WrongAccount {
    account: AccountId,
}

/// Adds everything up anew, past the balances that are kept.
pub(super) async fn verify(tx: &mut TenantTx) -> Result<Verification, Error> {
    let entries: Vec<WrongEntry> = tx
        .sql(
            "SELECT p.entry_id AS entry FROM postings p
             GROUP BY p.entry_id, p.currency
             HAVING sum(CASE WHEN p.side = 'debit' THEN p.amount ELSE -p.amount END) <> 0
                 OR count(*) < 2
             ORDER BY p.entry_id LIMIT 100",
        )
        .fetch_all_as()
        .await?;
    let accounts: Vec<WrongAccount> = tx
        .sql(
            "SELECT a.id AS account FROM ledger_accounts a
             LEFT JOIN postings p ON p.account_id = a.id
             GROUP BY a.id, a.balance
             HAVING a.balance <> sum(CASE WHEN p.id IS NULL THEN 0
                 WHEN p.side = a.normal_side THEN p.amount ELSE -p.amount END)
             ORDER BY a.id",
        )
        .fetch_all_as()
        .await?;
    let unbalanced_entries: Vec<_> = entries.into_iter().map(|wrong| wrong.entry).collect();
    let wrong_accounts: Vec<_> = accounts.into_iter().map(|wrong| wrong.account).collect();
    let ok = unbalanced_entries.is_empty() && wrong_accounts.is_empty();
    Ok(Verification { ok, unbalanced_entries, wrong_accounts })
}
