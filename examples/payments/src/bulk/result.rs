//! What has become of a batch: as numbers, and row by row.

use std::fmt::Write as _;

use serde::Serialize;
use tenancy_core::Error;
use tenancy_sqlx::{FromTenantRow, TenantTx};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Batch;
use super::batch::{BatchMode, BatchState};
use super::item::ItemState;
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
    state: ItemState,
    number: i64,
}

/// Counts the rows of a batch by what has become of them.
pub(super) async fn view(tx: &mut TenantTx, batch: Batch) -> Result<BatchView, Error> {
    let counts: Vec<Count> = tx
        .sql(
            "SELECT state, count(*) AS number FROM bulk_items
             WHERE batch_id = $1 GROUP BY state ORDER BY state",
        )
        .bind(batch.id)
        .fetch_all_as()
        .await?;
    let of =
        |state| counts.iter().find(|count| count.state == state).map_or(0, |count| count.number);
    let Batch { id, mode, state, maker, approver, rows_good, rows_bad, .. } = batch;
    let Batch { created_at, updated_at, .. } = batch;
    Ok(BatchView {
        id,
        mode,
        state,
        maker,
        approver,
        rows: rows_good + rows_bad,
        rows_good,
        rows_bad,
        waiting: of(ItemState::Waiting),
        processing: of(ItemState::Processing),
        succeeded: of(ItemState::Succeeded),
        failed: of(ItemState::Failed),
        created_at,
        updated_at,
    })
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
