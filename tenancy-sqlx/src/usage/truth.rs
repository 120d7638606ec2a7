//! What a mirror is held against.

use async_trait::async_trait;
use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::usage::{BatchId, Month, Series, TruthSource, Usage, UsageTruth};
use tenancy_core::{Error, TenantId};
use uuid::Uuid;

use super::meter::{SqlUsageMeter, read_count};
use crate::backend::Access;

/// A row of the one statement that reads both at the same moment.
enum Read {
    Count(Series, u64),
    Run(BatchId),
}

#[async_trait]
impl TruthSource for SqlUsageMeter {
    async fn truth(&self, tenant: TenantId, month: Month) -> Result<UsageTruth, Error> {
        let sql = "SELECT meter, dimension, total, 0 AS epoch, tenant_id AS producer
                   FROM tenancy_usage_totals WHERE tenant_id = $1 AND month = $2
                   UNION ALL
                   SELECT meter, dimension, amount, 0, tenant_id
                   FROM tenancy_usage_outbox WHERE tenant_id = $1 AND month = $2
                   UNION ALL
                   SELECT '', '', sequence, epoch, producer
                   FROM tenancy_usage_runs WHERE tenant_id = $1";
        let values = vec![tenant.to_value(), month.to_string().to_value()];
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        let doing = "read what was really used";
        let rows = connection.fetch(doing, sql.into_sql_str(), values, read).await?;
        let mut truth = UsageTruth { usage: Usage::new(month), runs: Vec::new() };
        for row in rows {
            match row {
                Read::Count(series, count) => truth.usage.add_to(&series, count),
                Read::Run(id) => truth.runs.push(id),
            }
        }
        Ok(truth)
    }
}

fn read(row: &mut dyn Row) -> Result<Read, Error> {
    // Epochs begin at 1.
    let epoch = u64::try_from(i64::from_value(row.take(3, Kind::Int)?)?).unwrap_or(0);
    if epoch == 0 {
        let (series, count) = read_count(row)?;
        return Ok(Read::Count(series, count));
    }
    let sequence = u64::try_from(i64::from_value(row.take(2, Kind::Int)?)?).unwrap_or(0);
    let producer = Uuid::from_value(row.take(4, Kind::Uuid)?)?;
    Ok(Read::Run(BatchId::new(producer, epoch, sequence)))
}
