//! Usage in the transaction that did the work.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::usage::{Hour, Month, Series};
use tenancy_core::{Error, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::add::{add, count, names};
use super::meter::{SqlUsageMeter, read_count};
use super::sums::Sums;
use crate::backend::{Access, Backend};
use crate::handle::TenantTx;

/// Rows that one transaction moves.
const AT_ONCE: u32 = 500;

impl TenantTx {
    /// Counts what the tenant used, with this transaction: both are in, or neither. *Billable*
    /// usage costs a row here, no lock that others wait for, and no sync of its own.
    ///
    /// [`SqlUsageMeter::usage`](tenancy_core::usage::UsageMeter::usage) sees it from the commit
    /// on; [`SqlUsageMeter::fold`] moves it into the totals and the hours later. The month is
    /// that of the meter's clock now.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tenancy_core::usage::{Meter, Month, UsageMeter};
    /// use tenancy_core::{SystemClock, TenantId};
    /// use tenancy_sqlx::{SqlUsageMeter, TenantDb};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
    /// let db = TenantDb::options().connect("sqlite::memory:").await?;
    /// db.migrate(&[]).await?;
    /// let meter = SqlUsageMeter::new(db.clone());
    /// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
    ///
    /// for tenant in [harbor, summit] {
    ///     let mut tx = db.tenant(tenant);
    ///     // The payment itself goes here.
    ///     tx.record_usage(&meter, &[(Meter::TRANSACTIONS.into(), 1)]).await?;
    ///     if tenant == harbor {
    ///         tx.commit().await?;
    ///     }
    /// }
    /// let month = Month::current(&SystemClock);
    /// assert_eq!(meter.usage(harbor, month).await?.of(&Meter::TRANSACTIONS), 1);
    /// assert_eq!(meter.usage(summit, month).await?.of(&Meter::TRANSACTIONS), 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of a statement: after one, the transaction does not commit.
    pub async fn record_usage(
        &mut self,
        meter: &SqlUsageMeter,
        counts: &[(Series, u64)],
    ) -> Result<(), Error> {
        self.require_write()?;
        let (tenant, now) = (self.tenant(), meter.clock.now());
        for (series, amount) in counts {
            let sql = "INSERT INTO tenancy_usage_outbox
                       (tenant_id, id, happened_at, month, meter, dimension, amount)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let [name, dimension] = names(series);
            let values = vec![
                tenant.to_value(),
                Uuid::now_v7().to_value(),
                now.to_value(),
                Month::of(now).to_string().to_value(),
                name,
                dimension,
                count(*amount),
            ];
            self.execute("record usage with a transaction", sql.into_sql_str(), values).await?;
        }
        Ok(())
    }
}

impl SqlUsageMeter {
    /// Moves what transactions recorded into the tenant's totals and hours; returns how many
    /// records that were.
    ///
    /// Call it now and then for each tenant. It changes no sum that anybody sees, but of the
    /// hours. Nodes that do it at the same time share the work or wait for each other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the database does
    /// not answer; what was not moved stays.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost or counted twice.
    pub async fn fold(&self, tenant: TenantId) -> Result<u64, Error> {
        let mut moved = 0;
        loop {
            let rows = self.fold_some(tenant).await?;
            moved += rows;
            if rows < u64::from(AT_ONCE) {
                return Ok(moved);
            }
        }
    }

    async fn fold_some(&self, tenant: TenantId) -> Result<u64, Error> {
        const DOING: &str = "move usage into its totals";
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        let sql = match self.db.backend() {
            Backend::Sqlite => {
                "SELECT meter, dimension, amount, id, happened_at FROM tenancy_usage_outbox
                 WHERE tenant_id = $1 ORDER BY id LIMIT $2"
            }
            _ => {
                "SELECT meter, dimension, amount, id, happened_at FROM tenancy_usage_outbox
                 WHERE tenant_id = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED"
            }
        };
        let read = |row: &mut dyn Row| {
            let (series, amount) = read_count(row)?;
            let id = Uuid::from_value(row.take(3, Kind::Uuid)?)?;
            let at = OffsetDateTime::from_value(row.take(4, Kind::Time)?)?;
            Ok((series, amount, id, at))
        };
        let values = vec![tenant.to_value(), i64::from(AT_ONCE).to_value()];
        let rows = connection.fetch(DOING, sql.into_sql_str(), values, read).await?;
        if rows.is_empty() {
            connection.rollback().await?;
            return Ok(0);
        }
        // They were in when they happened: their month took them, closed or not.
        let mut sums = Sums::default();
        for (series, amount, _, at) in &rows {
            sums.add(Hour::of(*at), series, *amount);
        }
        for (_, _, id, _) in &rows {
            let sql = "DELETE FROM tenancy_usage_outbox WHERE tenant_id = $1 AND id = $2";
            let values = vec![tenant.to_value(), id.to_value()];
            connection.execute(DOING, sql.into_sql_str(), values).await?;
        }
        add(&mut connection, tenant, &sums, self.clock.now()).await?;
        connection.commit().await?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }
}
