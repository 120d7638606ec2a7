use std::time::Duration;

use tenancy_core::usage::{Meter, Month, Used};
use tenancy_core::{Allowance, Error, ErrorKind, Problem, TenantContext, TenantId};
use tenancy_sqlx::{TenantEntity, TenantTx};
use time::OffsetDateTime;

use super::{QuotaAlert, alert};
use crate::mode::Mode;

/// How many transactions a tenant has had in a month: payments that a provider was asked for.
///
/// The count is changed in the transaction that writes the attempt down. There is never one
/// without the other, whatever is killed, and nodes that count at the same time do it one after
/// the other.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "transaction_months")]
pub(crate) struct TransactionMonth {
    /// `2026-11`, in UTC.
    #[tenant(key)]
    pub(crate) month: String,
    pub(crate) tenant_id: TenantId,
    pub(crate) used: i64,
}

/// Takes transactions out of the month's quota, for attempts that the same transaction writes.
/// Test mode takes none. Returns the alerts that it raises, which nobody has told yet.
///
/// It is the last thing before the commit: whoever counts next waits for that.
///
/// # Errors
///
/// 429 `quota_exceeded` when the plan has no room for them.
pub(crate) async fn consume(
    tx: &mut TenantTx,
    amount: u32,
    now: OffsetDateTime,
) -> Result<Vec<QuotaAlert>, Problem> {
    if Mode::of(tx.tenant()) == Mode::Test {
        return Ok(Vec::new());
    }
    let context = TenantContext::current()?;
    let allowance = context.tenant().limit(Meter::TRANSACTIONS.as_str()).allowance();
    let month = Month::of(now);
    if !add(tx, month, amount, allowance).await? {
        begin(tx, month).await?;
        if !add(tx, month, amount, allowance).await? {
            return Err(exceeded(tx, month, amount, allowance, now).await?);
        }
    }
    let Allowance::AtMost(limit) = allowance else { return Ok(Vec::new()) };
    let used = Used::new(used(tx, month).await?, Some(limit));
    Ok(alert::raise(tx, month, used, now).await?)
}

/// Returns how many there were in a month.
pub(crate) async fn used(tx: &mut TenantTx, month: Month) -> Result<u64, Error> {
    let found = tx.repo::<TransactionMonth>().get(&month.to_string()).await?;
    Ok(found.and_then(|month| month.used.try_into().ok()).unwrap_or(0))
}

async fn add(
    tx: &mut TenantTx,
    month: Month,
    amount: u32,
    allowance: Allowance,
) -> Result<bool, Error> {
    let most = allowance.limit().and_then(|most| i64::try_from(most).ok()).unwrap_or(i64::MAX);
    let rows = tx
        .sql(
            "UPDATE transaction_months SET used = used + $2
             WHERE month = $1 AND used <= $3 - $2",
        )
        .bind(month.to_string())
        .bind(i64::from(amount))
        .bind(most)
        .execute()
        .await?;
    Ok(rows > 0)
}

async fn begin(tx: &mut TenantTx, month: Month) -> Result<(), Error> {
    tx.sql(
        "INSERT INTO transaction_months (month, used) VALUES ($1, 0)
         ON CONFLICT (month) DO NOTHING",
    )
    .bind(month.to_string())
    .execute()
    .await
    .map(drop)
}

async fn exceeded(
    tx: &mut TenantTx,
    month: Month,
    amount: u32,
    allowance: Allowance,
    now: OffsetDateTime,
) -> Result<Problem, Error> {
    let limit = allowance.limit().unwrap_or(u64::MAX);
    let left = limit.saturating_sub(used(tx, month).await?);
    let wait = Duration::try_from(month.end() - now).unwrap_or(Duration::ZERO);
    let message = "take a payment: the plan has no room for it this month";
    let error = Error::new(ErrorKind::QuotaExceeded, message).with_subject("transactions");
    Ok(Problem::from(error)
        .with_member("limit", limit)
        .with_member("left", left)
        .with_member("needed", amount)
        .with_retry_after(wait))
}
