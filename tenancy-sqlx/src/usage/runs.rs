//! Which batches are in: the last sequence of each run of a producer.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{ToValue as _, Value};
use tenancy_core::{Error, usage::UsageBatch};
use time::OffsetDateTime;

use crate::backend::{Backend, Connection};

const DOING: &str = "take a batch of usage";

/// Notes that a batch is in; false when it was before. Others that deliver a batch of the same
/// run wait for the end of this transaction.
pub(super) async fn advance(
    connection: &mut Connection,
    batch: &UsageBatch,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    if connection.backend() == Backend::MySql {
        return advance_on_mysql(connection, batch, now).await;
    }
    let sql = "INSERT INTO tenancy_usage_runs (tenant_id, producer, epoch, sequence, seen_at)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (tenant_id, producer, epoch)
               DO UPDATE SET sequence = excluded.sequence, seen_at = excluded.seen_at
               WHERE tenancy_usage_runs.sequence < excluded.sequence";
    Ok(connection.execute(DOING, sql.into_sql_str(), values(batch, now)).await? > 0)
}

/// There an insertion cannot say whether it changed the row that it found.
async fn advance_on_mysql(
    connection: &mut Connection,
    batch: &UsageBatch,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    // What is found is changed, so that it counts as two rows, and a new one as one.
    let begin = "INSERT INTO tenancy_usage_runs (tenant_id, producer, epoch, sequence, seen_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON DUPLICATE KEY UPDATE seen_at = seen_at + INTERVAL 1 MICROSECOND";
    let rows = connection.execute(DOING, begin.into_sql_str(), values(batch, now)).await?;
    if rows == 1 {
        return Ok(true);
    }
    let on = "UPDATE tenancy_usage_runs SET sequence = $4, seen_at = $5
              WHERE tenant_id = $1 AND producer = $2 AND epoch = $3 AND sequence < $4";
    Ok(connection.execute(DOING, on.into_sql_str(), values(batch, now)).await? > 0)
}

fn values(batch: &UsageBatch, now: OffsetDateTime) -> Vec<Value> {
    let id = batch.id();
    vec![
        batch.tenant().to_value(),
        id.producer().to_value(),
        Value::Int(number(id.epoch())),
        Value::Int(number(id.sequence())),
        now.to_value(),
    ]
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
