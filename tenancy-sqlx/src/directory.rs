//! The directory of tenants in SQL.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::{
    ApiKey, ApiKeySecret, DirectoryEntry, Error, ErrorKind, PlanCatalogue, Tenant, TenantDirectory,
    TenantId, TenantKey, TenantSlug, TenantStatus,
};
use time::OffsetDateTime;

use crate::TenantDb;
use crate::backend::Access;

/// A [`TenantDirectory`] in the tables that [`TenantDb::migrate`] makes.
///
/// Every look-up asks the database.
///
/// ```
/// use tenancy_core::{PlanCatalogue, Tenant, TenantDirectory, TenantId, TenantKey, TenantSlug};
/// use tenancy_sqlx::{SqlDirectory, TenantDb};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let db = TenantDb::options().connect("sqlite::memory:").await?;
/// db.migrate(&[]).await?;
///
/// let plans = PlanCatalogue::example();
/// let directory = SqlDirectory::new(db, plans.clone());
/// let slug = TenantSlug::parse("harbor")?;
/// directory.insert(&Tenant::new(TenantId::generate(), slug.clone(), plans.plan("starter")?)).await?;
///
/// let found = directory.find(&TenantKey::Slug(slug)).await?.expect("it was inserted");
/// assert_eq!(found.tenant.plan().name(), "starter");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SqlDirectory {
    db: TenantDb,
    plans: PlanCatalogue,
}

impl SqlDirectory {
    /// Reads tenants from this database; `plans` are looked up by the name that is stored.
    pub fn new(db: TenantDb, plans: PlanCatalogue) -> Self {
        Self { db, plans }
    }

    /// Adds a tenant.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when the id or the slug is taken.
    pub async fn insert(&self, tenant: &Tenant) -> Result<(), Error> {
        let sql = "INSERT INTO tenancy_tenants (id, slug, name, plan, status, version)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = vec![
            tenant.id().to_value(),
            tenant.slug().as_str().to_value(),
            tenant.name().to_value(),
            tenant.plan().name().to_value(),
            tenant.status().as_str().to_value(),
            tenant.version().to_value(),
        ];
        self.write("add a tenant", sql, values).await.map(drop)
    }

    /// Changes a tenant's status. It holds from the next request on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantUnknown`] when there is no such tenant.
    pub async fn set_status(&self, tenant: TenantId, status: TenantStatus) -> Result<(), Error> {
        let sql = "UPDATE tenancy_tenants SET status = $2, version = version + 1 WHERE id = $1";
        let values = vec![tenant.to_value(), status.as_str().to_value()];
        match self.write("change a tenant's status", sql, values).await? {
            0 => Err(Error::new(
                ErrorKind::TenantUnknown,
                "change a tenant's status: no such tenant",
            )),
            _ => Ok(()),
        }
    }

    /// Adds an API key; only its hash is stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when the key, or its id within the tenant, is there already, or
    /// when the tenant is not.
    pub async fn insert_api_key(&self, secret: &ApiKeySecret, key: &ApiKey) -> Result<(), Error> {
        let sql = "INSERT INTO tenancy_api_keys (hash, id, tenant_id, expires_at)
                   VALUES ($1, $2, $3, $4)";
        let values = vec![
            secret.hash().as_bytes().to_vec().to_value(),
            key.id().to_value(),
            key.tenant().to_value(),
            key.expires_at().to_value(),
        ];
        self.write("add an API key", sql, values).await.map(drop)
    }

    /// Revokes an API key; the next request with it is refused. Tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn revoke_api_key(&self, tenant: TenantId, id: &str) -> Result<bool, Error> {
        let sql = "UPDATE tenancy_api_keys SET revoked = $3 WHERE tenant_id = $1 AND id = $2";
        let values = vec![tenant.to_value(), id.to_value(), true.to_value()];
        Ok(self.write("revoke an API key", sql, values).await? > 0)
    }

    /// Tells whether there is no tenant yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        let sql = "SELECT count(*) FROM tenancy_tenants";
        let mut connection = self.db.begin_shared(Access::ReadOnly).await?;
        let read = |row: &mut dyn Row| i64::from_value(row.take(0, Kind::Int)?);
        let counts =
            connection.fetch("count tenants", sql.into_sql_str(), Vec::new(), read).await?;
        Ok(counts.first().is_none_or(|count| *count == 0))
    }

    async fn write(
        &self,
        doing: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        let mut connection = self.db.begin_shared(Access::ReadWrite).await?;
        let touched = connection.execute(doing, sql.into_sql_str(), values).await?;
        connection.commit().await?;
        Ok(touched)
    }

    fn tenant(&self, row: &mut dyn Row) -> Result<Arc<Tenant>, Error> {
        let text = |row: &mut dyn Row, at| String::from_value(row.take(at, Kind::Text)?);
        let id = TenantId::from_value(row.take(0, Kind::Uuid)?)?;
        let slug = TenantSlug::parse(&text(row, 1)?).map_err(unreadable)?;
        let plan = self.plans.plan(&text(row, 3)?)?;
        let tenant = Tenant::new(id, slug, plan)
            .with_name(text(row, 2)?)
            .with_status(text(row, 4)?.parse().map_err(unreadable)?)
            .with_version(i64::from_value(row.take(5, Kind::Int)?)?);
        Ok(Arc::new(tenant))
    }

    fn entry(&self, row: &mut dyn Row) -> Result<DirectoryEntry, Error> {
        self.tenant(row).map(DirectoryEntry::of_tenant)
    }

    fn entry_with_key(&self, row: &mut dyn Row) -> Result<DirectoryEntry, Error> {
        let tenant = self.tenant(row)?;
        let id = String::from_value(row.take(6, Kind::Text)?)?;
        let key = ApiKey::new(id, tenant.id());
        let expiry = Option::<OffsetDateTime>::from_value(row.take(7, Kind::Time)?)?;
        let key = expiry.map_or(key.clone(), |at| key.with_expiry(at));
        Ok(DirectoryEntry::of_api_key(tenant, Arc::new(key)))
    }
}

/// A fault of ours, not of the caller who happens to name the tenant.
fn unreadable(source: Error) -> Error {
    Error::new(ErrorKind::Internal, "read a tenant's record").with_source(source)
}

const BY_ID: &str =
    "SELECT id, slug, name, plan, status, version FROM tenancy_tenants WHERE id = $1";
const BY_SLUG: &str =
    "SELECT id, slug, name, plan, status, version FROM tenancy_tenants WHERE slug = $1";
const BY_API_KEY: &str =
    "SELECT t.id, t.slug, t.name, t.plan, t.status, t.version, k.id, k.expires_at
     FROM tenancy_api_keys k JOIN tenancy_tenants t ON t.id = k.tenant_id
     WHERE k.hash = $1 AND k.revoked = $2";

#[async_trait]
impl TenantDirectory for SqlDirectory {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        const DOING: &str = "look up a tenant";
        let mut connection = self.db.begin_shared(Access::ReadOnly).await?;
        let mut found = match key {
            TenantKey::Id(id) => {
                let values = vec![id.to_value()];
                let read = |row: &mut dyn Row| self.entry(row);
                connection.fetch(DOING, BY_ID.into_sql_str(), values, read).await?
            }
            TenantKey::Slug(slug) => {
                let values = vec![slug.as_str().to_value()];
                let read = |row: &mut dyn Row| self.entry(row);
                connection.fetch(DOING, BY_SLUG.into_sql_str(), values, read).await?
            }
            TenantKey::ApiKeyHash(hash) => {
                let values = vec![hash.as_bytes().to_vec().to_value(), false.to_value()];
                let read = |row: &mut dyn Row| self.entry_with_key(row);
                connection.fetch(DOING, BY_API_KEY.into_sql_str(), values, read).await?
            }
            _ => Vec::new(),
        };
        Ok(found.pop())
    }
}
