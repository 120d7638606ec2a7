//! What has become of a batch: as numbers, and row by row.

use std::fmt::Write as _;

use kit::List;
use serde::Serialize;
use tenancy_core::{Error, Slice};
use tenancy_sqlx::{FromTenantRow, TenantTx};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Batch;
use super::batch::{BatchMode, BatchState};
use super::item::ItemState;
use super::totals::TotalView;
use crate::ids::{BatchId, PaymentId};

/// A batch and how far it is, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Batch)]
pub(super) struct BatchView {
    id: BatchId,
    mode: BatchMode,
    state: BatchState,
    maker: String,
    approver: Option<String>,
    rows: i64,
    rows_good: i64,
    rows_bad: i64,
    /// What the good rows add up to, by currency.
    totals: Vec<TotalView>,
    waiting: i64,
    processing: i64,
    succeeded: i64,
    failed: i64,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

#[derive(Debug, FromTenantRow)]
struct Count {
    batch_id: BatchId,
    state: ItemState,
    number: i64,
}

/// Counts the rows of a batch by what has become of them.
pub(super) async fn view(tx: &mut TenantTx, batch: Batch) -> Result<BatchView, Error> {
    let counts = counts(tx, batch.id, batch.id).await?;
    Ok(BatchView::of(batch, &counts))
}

/// Does so for the batches of a page, all at once.
pub(super) async fn views(tx: &mut TenantTx, page: Slice<Batch>) -> Result<List<BatchView>, Error> {
    let ids = || page.items.iter().map(|batch| batch.id);
    let counts = match (ids().min(), ids().max()) {
        (Some(first), Some(last)) => counts(tx, first, last).await?,
        _ => Vec::new(),
    };
    Ok(List::of(page, |batch| BatchView::of(batch, &counts)))
}

async fn counts(tx: &mut TenantTx, first: BatchId, last: BatchId) -> Result<Vec<Count>, Error> {
    tx.sql(
        "SELECT batch_id, state, count(*) AS number FROM bulk_items
         WHERE batch_id >= $1 AND batch_id <= $2
         GROUP BY batch_id, state ORDER BY batch_id, state",
    )
    .bind(first)
    .bind(last)
    .fetch_all_as()
    .await
}

impl BatchView {
    fn of(batch: Batch, counts: &[Count]) -> Self {
        let of = |state| {
            let mut counts = counts.iter();
            let found = counts.find(|count| count.batch_id == batch.id && count.state == state);
            found.map_or(0, |count| count.number)
        };
        let [waiting, processing] = [of(ItemState::Waiting), of(ItemState::Processing)];
        let [succeeded, failed] = [of(ItemState::Succeeded), of(ItemState::Failed)];
        let Batch { id, mode, state, maker, approver, rows_good, rows_bad, .. } = batch;
        let Batch { created_at, updated_at, totals, .. } = batch;
        Self {
            id,
            mode,
            state,
            maker,
            approver,
            rows: rows_good + rows_bad,
            rows_good,
            rows_bad,
            totals: totals.unwrap_or_default().views(),
            waiting,
            processing,
            succeeded,
            failed,
            created_at,
            updated_at,
        }
    }
}

#[derive(Debug, FromTenantRow)]
struct Outcome {
    line: i64,
    state: ItemState,
    code: Option<String>,
    payment_id: Option<PaymentId>,
}

/// Writes a line for each row. Neither accounts nor anything else that the file said is in it: so
/// no spreadsheet takes a field for a formula.
pub(super) async fn csv(tx: &mut TenantTx, batch: &Batch) -> Result<String, Error> {
    let lines: Vec<Outcome> = tx
        .sql(
            "SELECT line, state, code, payment_id FROM bulk_items
             WHERE batch_id = $1 ORDER BY line",
        )
        .bind(batch.id)
        .fetch_all_as()
        .await?;
    let mut text = "row,state,code,payment\r\n".to_owned();
    for Outcome { line, state, code, payment_id } in lines {
        let (state, code) = (state.as_str(), code.unwrap_or_default());
        let payment = payment_id.map(|id| id.to_string()).unwrap_or_default();
        // A string takes everything.
        let _ = writeln!(text, "{line},{state},{code},{payment}\r");
    }
    Ok(text)
}
