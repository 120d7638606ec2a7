//! Alerts, each raised once on whichever node.

use async_trait::async_trait;
use sqlx::{SqlSafeStr as _, SqlStr};
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::usage::{AlertLog, Meter, UsageAlert};
use tenancy_core::{Error, TenantId};

use super::insert::insert_new;
use super::meter::SqlUsageMeter;
use crate::backend::Access;

#[async_trait]
impl AlertLog for SqlUsageMeter {
    async fn raise(&self, alert: &UsageAlert) -> Result<bool, Error> {
        let row = "tenancy_usage_alerts (tenant_id, meter, period, threshold, raised_at)
                   VALUES ($1, $2, $3, $4, $5)";
        let key = "tenant_id, meter, period, threshold";
        let sql = insert_new(self.db.backend(), row, key);
        self.write_alert("raise an alert", alert, sql).await
    }

    async fn untold(&self, tenant: TenantId) -> Result<Vec<UsageAlert>, Error> {
        let sql = "SELECT meter, period, threshold FROM tenancy_usage_alerts
                   WHERE tenant_id = $1 AND told_at IS NULL ORDER BY raised_at, meter, threshold";
        let read = |row: &mut dyn Row| {
            let meter = Meter::parse(&String::from_value(row.take(0, Kind::Text)?)?)?;
            let period = String::from_value(row.take(1, Kind::Text)?)?;
            let threshold = String::from_value(row.take(2, Kind::Text)?)?;
            Ok(UsageAlert::from_parts(tenant, meter, period, threshold))
        };
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        connection.fetch("read alerts", sql.into_sql_str(), vec![tenant.to_value()], read).await
    }

    async fn told(&self, alert: &UsageAlert) -> Result<bool, Error> {
        let sql = "UPDATE tenancy_usage_alerts SET told_at = $5
                   WHERE tenant_id = $1 AND meter = $2 AND period = $3 AND threshold = $4
                   AND told_at IS NULL";
        self.write_alert("note that an alert was told", alert, sql.into_sql_str()).await
    }
}

impl SqlUsageMeter {
    /// Runs a statement about an alert; tells whether it changed anything.
    async fn write_alert(
        &self,
        doing: &'static str,
        alert: &UsageAlert,
        sql: SqlStr,
    ) -> Result<bool, Error> {
        let values: Vec<Value> = vec![
            alert.tenant().to_value(),
            alert.meter().as_str().to_value(),
            alert.period().to_value(),
            alert.threshold().to_value(),
            self.clock.now().to_value(),
        ];
        let mut connection = self.db.begin_tenant(alert.tenant(), Access::ReadWrite).await?;
        let rows = connection.execute(doing, sql, values).await?;
        connection.commit().await?;
        Ok(rows > 0)
    }
}
