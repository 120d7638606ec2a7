//! Which batches are in: the last sequence of each run of a producer.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{ToValue as _, Value};
use tenancy_core::{Error, usage::UsageBatch};
use time::OffsetDateTime;

use crate::backend::Connection;

/// Notes that a batch is in; false when it was before. Others that deliver a batch of the same
/// run wait for the end of this transaction.
pub(super) async fn advance(
    connection: &mut Connection,
    batch: &UsageBatch,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let sql = "INSERT INTO tenancy_usage_runs (tenant_id, producer, epoch, sequence, seen_at)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (tenant_id, producer, epoch)
               DO UPDATE SET sequence = excluded.sequence, seen_at = excluded.seen_at
               WHERE tenancy_usage_runs.sequence < excluded.sequence";
    let id = batch.id();
    let values = vec![
        batch.tenant().to_value(),
        id.producer().to_value(),
        Value::Int(i64::try_from(id.epoch()).unwrap_or(i64::MAX)),
        Value::Int(i64::try_from(id.sequence()).unwrap_or(i64::MAX)),
        now.to_value(),
    ];
    let rows = connection.execute("take a batch of usage", sql.into_sql_str(), values).await?;
    Ok(rows > 0)
}
