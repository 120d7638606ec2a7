//! What is measured rather than counted.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::usage::{Gauge, Month, Series};
use tenancy_core::{Error, TenantId};
use time::OffsetDateTime;

use super::add::names;
use super::meter::{SqlUsageMeter, read_series};
use crate::backend::{Access, Backend};

impl SqlUsageMeter {
    /// Sets how much there is of something, such as bytes stored, from now on. The month keeps
    /// the last value and the highest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the database does
    /// not answer.
    pub async fn set_gauge(
        &self,
        tenant: TenantId,
        series: &Series,
        value: i64,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        // Of two nodes the later one says what is there; what either saw may be the highest.
        let sql = match self.db.backend() {
            // Its assignments are made in this order.
            Backend::MySql => {
                "INSERT INTO tenancy_usage_gauges
                   (tenant_id, month, meter, dimension, last, peak, set_at)
                   VALUES ($1, $2, $3, $4, $5, $5, $6)
                   ON DUPLICATE KEY UPDATE
                   last = CASE WHEN VALUES(set_at) >= set_at THEN VALUES(last) ELSE last END,
                   peak = GREATEST(peak, VALUES(peak)),
                   set_at = GREATEST(set_at, VALUES(set_at))"
            }
            _ => {
                "INSERT INTO tenancy_usage_gauges
                   (tenant_id, month, meter, dimension, last, peak, set_at)
                   VALUES ($1, $2, $3, $4, $5, $5, $6)
                   ON CONFLICT (tenant_id, month, meter, dimension) DO UPDATE SET
                   last = CASE WHEN excluded.set_at >= tenancy_usage_gauges.set_at
                          THEN excluded.last ELSE tenancy_usage_gauges.last END,
                   peak = CASE WHEN excluded.peak > tenancy_usage_gauges.peak
                          THEN excluded.peak ELSE tenancy_usage_gauges.peak END,
                   set_at = CASE WHEN excluded.set_at >= tenancy_usage_gauges.set_at
                            THEN excluded.set_at ELSE tenancy_usage_gauges.set_at END"
            }
        };
        let [meter, dimension] = names(series);
        let month = Month::of(now).to_string().to_value();
        let values =
            vec![tenant.to_value(), month, meter, dimension, value.to_value(), now.to_value()];
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        connection.execute("set a gauge", sql.into_sql_str(), values).await?;
        connection.commit().await
    }

    /// Returns the gauges of a month, by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the database does
    /// not answer.
    pub async fn gauges(&self, tenant: TenantId, month: Month) -> Result<Vec<Gauge>, Error> {
        let sql = "SELECT meter, dimension, last, peak, set_at FROM tenancy_usage_gauges
                   WHERE tenant_id = $1 AND month = $2 ORDER BY meter, dimension";
        let read = |row: &mut dyn Row| {
            let series = read_series(row)?;
            let last = i64::from_value(row.take(2, Kind::Int)?)?;
            let peak = i64::from_value(row.take(3, Kind::Int)?)?;
            let at = OffsetDateTime::from_value(row.take(4, Kind::Time)?)?;
            Ok(Gauge::new(series, last, peak, at))
        };
        let values = vec![tenant.to_value(), month.to_string().to_value()];
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        connection.fetch("read gauges", sql.into_sql_str(), values, read).await
    }
}
