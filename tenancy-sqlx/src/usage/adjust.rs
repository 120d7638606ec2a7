//! What came to light after a month was closed.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::usage::{Adjustment, Arrival, Month, Series};
use tenancy_core::{Error, ErrorKind, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::add::names;
use super::meter::{SqlUsageMeter, read_series};
use crate::backend::Access;

impl SqlUsageMeter {
    /// Notes that a closed month was to be counted differently, for more or for less, and why.
    /// Its total stays.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a month that is not closed, and for a reason that is empty or
    /// longer than 200 bytes.
    pub async fn adjust(
        &self,
        tenant: TenantId,
        month: Month,
        series: &Series,
        amount: i64,
        reason: &str,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        if Arrival::closes(month) > now {
            let message = "adjust usage: the month is not closed yet: record the usage instead";
            return Err(Error::invalid("month", message));
        }
        if reason.trim().is_empty() || reason.len() > 200 {
            let message = "adjust usage: a reason of 1 to 200 bytes is needed";
            return Err(Error::new(ErrorKind::Invalid, message).with_subject("reason"));
        }
        let sql = "INSERT INTO tenancy_usage_adjustments
                   (tenant_id, id, month, meter, dimension, amount, reason, adjusted_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let [meter, dimension] = names(series);
        let values = vec![
            tenant.to_value(),
            Uuid::now_v7().to_value(),
            month.to_string().to_value(),
            meter,
            dimension,
            amount.to_value(),
            reason.to_value(),
            now.to_value(),
        ];
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        connection.execute("adjust usage", sql.into_sql_str(), values).await?;
        connection.commit().await
    }

    /// Returns the adjustments of a month, oldest first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn adjustments(
        &self,
        tenant: TenantId,
        month: Month,
    ) -> Result<Vec<Adjustment>, Error> {
        let sql = "SELECT meter, dimension, amount, reason, adjusted_at
                   FROM tenancy_usage_adjustments WHERE tenant_id = $1 AND month = $2
                   ORDER BY adjusted_at, id";
        let read = |row: &mut dyn Row| {
            let series = read_series(row)?;
            let amount = i64::from_value(row.take(2, Kind::Int)?)?;
            let reason = String::from_value(row.take(3, Kind::Text)?)?;
            let at = OffsetDateTime::from_value(row.take(4, Kind::Time)?)?;
            Ok(Adjustment::new(series, amount, reason, at))
        };
        let values = vec![tenant.to_value(), month.to_string().to_value()];
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        connection.fetch("read adjustments of usage", sql.into_sql_str(), values, read).await
    }
}
