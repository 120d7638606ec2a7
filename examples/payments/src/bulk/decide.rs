use tenancy_core::usage::{Meter, Month};
use tenancy_core::{Actor, Error, ErrorKind, Problem, TenantContext};
use tenancy_sqlx::{FromTenantRow, TenantTx};
use time::OffsetDateTime;

use super::Batch;
use super::batch::{BatchMode, BatchState};
use super::totals::Totals;
use crate::actors::{maker_is_approver, name_of};
use crate::ids::{BatchId, missing};
use crate::mode::Mode;
use crate::money::{Amount, Currency};
use crate::quota;

/// Hands a batch to somebody else.
///
/// # Errors
///
/// 422 `batch_has_errors` for an atomic one with bad rows, or one with no good row.
pub(super) async fn submit(
    tx: &mut TenantTx,
    id: BatchId,
    now: OffsetDateTime,
) -> Result<Batch, Problem> {
    let batch = tx.repo::<Batch>().get(&id).await?.ok_or_else(missing)?;
    let is_torn = batch.mode == BatchMode::Atomic && batch.rows_bad > 0;
    if is_torn || batch.rows_good == 0 {
        return Err(Problem::new(422, "batch_has_errors", "The batch has rows that are not good"));
    }
    room(tx, &batch, now).await?;
    step(tx, batch, BatchState::Submitted, now).await
}

/// Agrees or not. With an approval the rows are paid.
///
/// # Errors
///
/// 403 `maker_is_approver`; 422 `totals_differ` when the rows are not those that were looked
/// through any more; 429 `quota_exceeded` when the month has no room for all good rows:
/// then none is paid.
pub(super) async fn decide(
    tx: &mut TenantTx,
    id: BatchId,
    approver: &Actor,
    next: BatchState,
    now: OffsetDateTime,
) -> Result<Batch, Problem> {
    let mut batch = tx.repo::<Batch>().get(&id).await?.ok_or_else(missing)?;
    let approver = name_of(approver);
    if approver == batch.maker {
        return Err(maker_is_approver());
    }
    if next == BatchState::Running {
        adds_up(tx, &batch).await?;
        room(tx, &batch, now).await?;
    }
    batch.approver = Some(approver);
    step(tx, batch, next, now).await
}

/// Gives a batch up. Rows that have begun come to their end.
pub(super) async fn cancel(
    tx: &mut TenantTx,
    id: BatchId,
    now: OffsetDateTime,
) -> Result<Batch, Problem> {
    let batch = tx.repo::<Batch>().get(&id).await?.ok_or_else(missing)?;
    step(tx, batch, BatchState::Canceled, now).await
}

async fn step(
    tx: &mut TenantTx,
    mut batch: Batch,
    next: BatchState,
    now: OffsetDateTime,
) -> Result<Batch, Problem> {
    batch.state = batch.state.become_state(next)?;
    batch.updated_at = now;
    tx.repo::<Batch>().update(batch).await.map_err(|error| match error.kind() {
        ErrorKind::Conflict => Problem::new(409, "batch_state", "The batch has changed meanwhile"),
        _ => error.into(),
    })
}

/// Passes when the rows add up to what they did when the file came.
async fn adds_up(tx: &mut TenantTx, batch: &Batch) -> Result<(), Problem> {
    let Some(kept) = &batch.totals else { return Ok(()) };
    let rows: Vec<Money> = tx
        .sql(
            "SELECT currency, amount FROM bulk_items
             WHERE batch_id = $1 AND state <> 'bad' ORDER BY line",
        )
        .bind(batch.id)
        .fetch_all_as()
        .await?;
    let mut totals = Totals::default();
    for Money { currency, amount } in rows {
        totals.add(amount, currency).ok_or_else(totals_differ)?;
    }
    if totals == *kept { Ok(()) } else { Err(totals_differ()) }
}

#[derive(Debug, FromTenantRow)]
struct Money {
    currency: Currency,
    amount: Amount,
}

pub(super) fn totals_differ() -> Problem {
    Problem::new(422, "totals_differ", "The rows do not add up to what was stated")
}

/// Passes when the month has room for all good rows.
async fn room(tx: &mut TenantTx, batch: &Batch, now: OffsetDateTime) -> Result<(), Problem> {
    let context = TenantContext::current()?;
    let allowance = context.tenant().limit(Meter::TRANSACTIONS.as_str()).allowance();
    let (Some(limit), Mode::Live) = (allowance.limit(), Mode::of(tx.tenant())) else {
        return Ok(());
    };
    let left = limit.saturating_sub(quota::used(tx, Month::of(now)).await?);
    let needed = u64::try_from(batch.rows_good).unwrap_or(u64::MAX);
    if needed <= left {
        return Ok(());
    }
    let message = "pay a batch: the plan has no room for it this month";
    let error = Error::new(ErrorKind::QuotaExceeded, message).with_subject("transactions");
    Err(Problem::from(error).with_member("needed", needed).with_member("left", left))
}
