//! The domains of tenants.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Error, Host, TenantId, TenantKey};

use super::changes;
use super::sql_directory::{SqlDirectory, to_json};
use crate::backend::Access;

impl SqlDirectory {
    /// Gives a tenant a domain that was [verified](tenancy_core::domain).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](tenancy_core::ErrorKind::Conflict) when a tenant has it already;
    /// [`ErrorKind::TenantUnknown`](tenancy_core::ErrorKind::TenantUnknown) when there is no such tenant.
    pub async fn insert_domain(&self, tenant: TenantId, domain: &Host) -> Result<(), Error> {
        let sql = "INSERT INTO tenancy_domains (tenant_id, domain) VALUES ($1, $2)";
        self.set_domains("add a domain", tenant, domain, sql).await.map(drop)
    }

    /// Takes a domain away from a tenant. Tells whether the tenant had it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantUnknown`](tenancy_core::ErrorKind::TenantUnknown) when there is no such tenant.
    pub async fn remove_domain(&self, tenant: TenantId, domain: &Host) -> Result<bool, Error> {
        let sql = "DELETE FROM tenancy_domains WHERE tenant_id = $1 AND domain = $2";
        self.set_domains("remove a domain", tenant, domain, sql).await
    }

    async fn set_domains(
        &self,
        doing: &'static str,
        tenant: TenantId,
        domain: &Host,
        sql: &'static str,
    ) -> Result<bool, Error> {
        let mut connection = self.db().begin_shared(Access::ReadWrite).await?;
        changes::next_revision(&mut connection).await?;
        let values = || vec![tenant.to_value(), domain.as_str().to_value()];
        let touched = connection.execute(doing, sql.into_sql_str(), values()).await?;
        if touched == 0 {
            return Ok(false);
        }
        // Under the lock of the revision: nobody else changes the list meanwhile.
        let sql = "SELECT domain FROM tenancy_domains WHERE tenant_id = $1 ORDER BY domain";
        let read = |row: &mut dyn Row| String::from_value(row.take(0, Kind::Text)?);
        let all = vec![tenant.to_value()];
        let domains = connection.fetch(doing, sql.into_sql_str(), all, read).await?;
        let sql = "UPDATE tenancy_tenants SET domains = $2, version = version + 1 WHERE id = $1";
        let values = vec![tenant.to_value(), to_json(&domains)?.to_value()];
        connection.execute(doing, sql.into_sql_str(), values).await?;
        let keys = [TenantKey::Domain(domain.clone())];
        let change = changes::record(&mut connection, tenant, &keys).await?;
        connection.commit().await?;
        self.publish(&change).await;
        Ok(true)
    }
}
