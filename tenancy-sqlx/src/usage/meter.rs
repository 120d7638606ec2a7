use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::usage::{
    Delivered, Dimension, Hour, Meter, Month, Series, Usage, UsageBatch, UsageHistory, UsageMeter,
    UsageSink,
};
use tenancy_core::{Clock, Error, SystemClock, TenantId};
use time::OffsetDateTime;

use super::add::add;
use super::runs;
use super::sums::Sums;
use crate::TenantDb;
use crate::backend::Access;

/// A meter in the tables that [`TenantDb::migrate`] makes: the truth about what tenants used.
///
/// Months are kept until somebody removes them. A batch of usage counts once, because the last
/// one of each producer is noted in the transaction that adds up its counts. On Postgres a
/// transaction reaches the usage of its own tenant alone, by forced row-level security.
///
/// ```
/// use tenancy_core::usage::{Meter, Month, UsageMeter};
/// use tenancy_core::{SystemClock, TenantId};
/// use tenancy_sqlx::{SqlUsageMeter, TenantDb};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let db = TenantDb::options().connect("sqlite::memory:").await?;
/// db.migrate(&[]).await?;
/// let meter = SqlUsageMeter::new(db);
///
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// meter.record(harbor, &[(Meter::TRANSACTIONS, 2)]).await?;
/// let month = Month::current(&SystemClock);
/// assert_eq!(meter.usage(harbor, month).await?.of(&Meter::TRANSACTIONS), 2);
/// assert_eq!(meter.usage(summit, month).await?.of(&Meter::TRANSACTIONS), 0);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SqlUsageMeter {
    pub(super) db: TenantDb,
    pub(super) clock: Arc<dyn Clock>,
}

impl SqlUsageMeter {
    /// Makes a meter over a database.
    pub fn new(db: TenantDb) -> Self {
        Self::with_clock(db, Arc::new(SystemClock))
    }

    /// Makes a meter that takes the time from this clock.
    pub fn with_clock(db: TenantDb, clock: Arc<dyn Clock>) -> Self {
        // Its tables are on the first server, wherever a tenant's own are.
        Self { db: db.into_main(), clock }
    }
}

#[async_trait]
impl UsageMeter for SqlUsageMeter {
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        if counts.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut sums = Sums::default();
        for (meter, count) in counts {
            sums.add(Hour::of(now), &Series::from(meter.clone()), *count);
        }
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        add(&mut connection, tenant, &sums, now).await?;
        connection.commit().await
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        // One statement: what is moved from the outbox meanwhile is in one of them.
        let sql = "SELECT meter, dimension, total FROM tenancy_usage_totals
                   WHERE tenant_id = $1 AND month = $2
                   UNION ALL
                   SELECT meter, dimension, amount FROM tenancy_usage_outbox
                   WHERE tenant_id = $1 AND month = $2";
        let values = vec![tenant.to_value(), month.to_string().to_value()];
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        let rows = connection.fetch("read usage", sql.into_sql_str(), values, read_count).await?;
        let mut usage = Usage::new(month);
        for (series, count) in rows {
            usage.add_to(&series, count);
        }
        Ok(usage)
    }
}

#[async_trait]
impl UsageSink for SqlUsageMeter {
    async fn deliver(&self, batch: &UsageBatch) -> Result<Delivered, Error> {
        let now = self.clock.now();
        let sums = Sums::of(batch, now)?;
        let mut connection = self.db.begin_tenant(batch.tenant(), Access::ReadWrite).await?;
        if !runs::advance(&mut connection, batch, now).await? {
            connection.rollback().await?;
            return Ok(Delivered::Duplicate);
        }
        add(&mut connection, batch.tenant(), &sums, now).await?;
        connection.commit().await?;
        Ok(Delivered::Counted)
    }
}

#[async_trait]
impl UsageHistory for SqlUsageMeter {
    async fn hours(
        &self,
        tenant: TenantId,
        meter: &Meter,
        hours: Range<Hour>,
    ) -> Result<Vec<(Hour, u64)>, Error> {
        let sql = "SELECT hour, total FROM tenancy_usage_hours
                   WHERE tenant_id = $1 AND meter = $2 AND hour >= $3 AND hour < $4 ORDER BY hour";
        let values = vec![
            tenant.to_value(),
            meter.as_str().to_value(),
            hours.start.start().to_value(),
            hours.end.start().to_value(),
        ];
        let read = |row: &mut dyn Row| {
            let hour = OffsetDateTime::from_value(row.take(0, Kind::Time)?)?;
            let total = i64::from_value(row.take(1, Kind::Int)?)?;
            Ok((Hour::of(hour), total.try_into().unwrap_or(0)))
        };
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        connection.fetch("read usage by the hour", sql.into_sql_str(), values, read).await
    }
}

/// Reads the columns meter, dimension and a count.
pub(super) fn read_count(row: &mut dyn Row) -> Result<(Series, u64), Error> {
    let series = read_series(row)?;
    let count = i64::from_value(row.take(2, Kind::Int)?)?;
    Ok((series, count.try_into().unwrap_or(0)))
}

/// Reads the columns meter and dimension.
pub(super) fn read_series(row: &mut dyn Row) -> Result<Series, Error> {
    let meter = Meter::parse(&String::from_value(row.take(0, Kind::Text)?)?)?;
    let dimension = String::from_value(row.take(1, Kind::Text)?)?;
    let dimension = if dimension.is_empty() { None } else { Some(Dimension::parse(&dimension)?) };
    Ok(Series::new(meter, dimension))
}
