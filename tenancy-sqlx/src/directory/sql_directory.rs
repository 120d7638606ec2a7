use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::{
    Changes, DirectoryEntry, Error, ErrorKind, Invalidation, InvalidationBus, Placement,
    PlanCatalogue, Tenant, TenantDirectory, TenantId, TenantKey, TenantStatus,
};

use super::read::tenant_columns;
use super::{changes, read};
use crate::TenantDb;
use crate::backend::Access;

/// A [`TenantDirectory`] in the tables that [`TenantDb::migrate`] makes.
///
/// Every look-up asks the database: wrap it into a
/// [`CachedDirectory`](tenancy_core::CachedDirectory), and publish its changes
/// [on a bus](Self::with_bus).
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
    bus: Option<Arc<dyn InvalidationBus>>,
}

impl SqlDirectory {
    /// Reads tenants from this database; `plans` are looked up by the name that is stored.
    pub fn new(db: TenantDb, plans: PlanCatalogue) -> Self {
        // It says where tenants are, and asks no other directory.
        Self { db: db.into_main(), plans, bus: None }
    }

    /// Publishes changes on a bus, once they are stored. What cannot be published is logged:
    /// nodes find it by asking for [`changes`](TenantDirectory::changes_since).
    pub fn with_bus(mut self, bus: Arc<dyn InvalidationBus>) -> Self {
        self.bus = Some(bus);
        self
    }

    /// Adds a tenant. Domains are added with [`insert_domain`](Self::insert_domain).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when the id or the slug is taken.
    pub async fn insert(&self, tenant: &Tenant) -> Result<(), Error> {
        let sql = "INSERT INTO tenancy_tenants
                   (id, slug, name, plan, status, version, overrides, placement)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = vec![
            tenant.id().to_value(),
            tenant.slug().as_str().to_value(),
            tenant.name().to_value(),
            tenant.plan().name().to_value(),
            tenant.status().as_str().to_value(),
            tenant.version().to_value(),
            to_json(tenant.overrides())?.to_value(),
            tenant.placement().to_string().to_value(),
        ];
        let keys = [TenantKey::Slug(tenant.slug().clone())];
        self.change("add a tenant", tenant.id(), &keys, sql, values).await.map(drop)
    }

    /// Changes a tenant's status, by a step that [`TenantStatus::may_become`] knows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantUnknown`] when there is no such tenant; [`ErrorKind::Conflict`] for
    /// another step, and when somebody else has changed the status first.
    pub async fn set_status(&self, tenant: TenantId, status: TenantStatus) -> Result<(), Error> {
        let found = self.find(&TenantKey::Id(tenant)).await?.ok_or_else(no_such_tenant)?;
        found.tenant.status().check_transition(status)?;
        let sql = "UPDATE tenancy_tenants SET status = $2, version = version + 1
                   WHERE id = $1 AND status = $3";
        let before = found.tenant.status().as_str().to_value();
        let values = vec![tenant.to_value(), status.as_str().to_value(), before];
        let keys = [TenantKey::Slug(found.tenant.slug().clone())];
        match self.change("change a tenant's status", tenant, &keys, sql, values).await? {
            0 => Err(overtaken()),
            _ => Ok(()),
        }
    }

    /// Changes where a tenant's data is looked for. It moves no data: transactions that begin
    /// afterwards find what is at the new place.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantUnknown`] when there is no such tenant; [`ErrorKind::Conflict`] when its
    /// placement is not `before`.
    pub async fn set_placement(
        &self,
        tenant: TenantId,
        before: &Placement,
        after: &Placement,
    ) -> Result<(), Error> {
        let found = self.find(&TenantKey::Id(tenant)).await?.ok_or_else(no_such_tenant)?;
        let sql = "UPDATE tenancy_tenants SET placement = $2, version = version + 1
                   WHERE id = $1 AND placement = $3";
        let values =
            vec![tenant.to_value(), after.to_string().to_value(), before.to_string().to_value()];
        let keys = [TenantKey::Slug(found.tenant.slug().clone())];
        match self.change("change a tenant's placement", tenant, &keys, sql, values).await? {
            0 => Err(overtaken().with_subject("placement")),
            _ => Ok(()),
        }
    }

    /// Changes slug, name, plan and overrides to those of this record, which was read before
    /// and changed; returns the version it has now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when the record has changed since it was read, so that no change
    /// is lost: read it again; or when the slug is taken.
    pub async fn update(&self, tenant: &Tenant) -> Result<i64, Error> {
        let before = self.find(&TenantKey::Id(tenant.id())).await?.ok_or_else(no_such_tenant)?;
        let sql = "UPDATE tenancy_tenants SET slug = $3, name = $4, plan = $5, overrides = $6,
                   version = version + 1 WHERE id = $1 AND version = $2";
        let values = vec![
            tenant.id().to_value(),
            tenant.version().to_value(),
            tenant.slug().as_str().to_value(),
            tenant.name().to_value(),
            tenant.plan().name().to_value(),
            to_json(tenant.overrides())?.to_value(),
        ];
        let keys = [before.tenant.slug(), tenant.slug()].map(|slug| TenantKey::Slug(slug.clone()));
        match self.change("change a tenant", tenant.id(), &keys, sql, values).await? {
            0 => Err(overtaken()),
            _ => Ok(tenant.version() + 1),
        }
    }

    /// Lists tenants of any status in the order of their ids, at most `limit` of them (1 to 1,000),
    /// those behind `after`. For work that goes through all: ask again behind the last one, until
    /// none is left. A tenant that is added meanwhile moves no other.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenancy_core::{Error, TenantId};
    /// # use tenancy_sqlx::SqlDirectory;
    /// async fn ids(directory: &SqlDirectory) -> Result<Vec<TenantId>, Error> {
    ///     let mut ids = Vec::new();
    ///     loop {
    ///         let tenants = directory.list(ids.last().copied(), 1_000).await?;
    ///         if tenants.is_empty() {
    ///             return Ok(ids);
    ///         }
    ///         ids.extend(tenants.iter().map(|tenant| tenant.id()));
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn list(
        &self,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<Vec<Arc<Tenant>>, Error> {
        let limit = i64::from(limit.clamp(1, 1_000)).to_value();
        let (sql, values) = match after {
            Some(after) => (LISTED_AFTER, vec![after.to_value(), limit]),
            None => (LISTED, vec![limit]),
        };
        let mut connection = self.db.begin_shared(Access::ReadOnly).await?;
        let read = |row: &mut dyn Row| read::tenant(&self.plans, row);
        connection.fetch("list tenants", sql.into_sql_str(), values, read).await
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

    pub(super) fn db(&self) -> &TenantDb {
        &self.db
    }

    /// Runs one statement, and when it touched something, records and publishes the change.
    pub(super) async fn change(
        &self,
        doing: &'static str,
        tenant: TenantId,
        keys: &[TenantKey],
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        let mut connection = self.db.begin_shared(Access::ReadWrite).await?;
        changes::next_revision(&mut connection).await?;
        let touched = connection.execute(doing, sql.into_sql_str(), values).await?;
        if touched == 0 {
            return Ok(0);
        }
        let change = changes::record(&mut connection, tenant, keys).await?;
        connection.commit().await?;
        self.publish(&change).await;
        Ok(touched)
    }

    pub(super) async fn publish(&self, change: &Invalidation) {
        let Some(bus) = &self.bus else { return };
        if let Err(error) = bus.publish(change).await {
            tracing::warn!(%error, "a change of the directory is not published");
        }
    }
}

pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|source| {
        Error::new(ErrorKind::Internal, "write a tenant's record").with_source(source)
    })
}

fn no_such_tenant() -> Error {
    Error::new(ErrorKind::TenantUnknown, "change a tenant: no such tenant")
}

fn overtaken() -> Error {
    Error::new(ErrorKind::Conflict, "change a tenant: somebody else has changed it; read it again")
        .with_subject("version")
}

const LISTED: &str =
    concat!("SELECT ", tenant_columns!(), " FROM tenancy_tenants t ORDER BY t.id LIMIT $1");
const LISTED_AFTER: &str = concat!(
    "SELECT ",
    tenant_columns!(),
    " FROM tenancy_tenants t WHERE t.id > $1 ORDER BY t.id LIMIT $2"
);
const BY_ID: &str =
    concat!("SELECT ", tenant_columns!(), " FROM tenancy_tenants t WHERE t.id = $1");
const BY_SLUG: &str =
    concat!("SELECT ", tenant_columns!(), " FROM tenancy_tenants t WHERE t.slug = $1");
const BY_DOMAIN: &str = concat!(
    "SELECT ",
    tenant_columns!(),
    " FROM tenancy_domains d JOIN tenancy_tenants t ON t.id = d.tenant_id WHERE d.domain = $1"
);
const BY_API_KEY: &str = concat!(
    "SELECT ",
    tenant_columns!(),
    ", k.id, k.expires_at, k.scopes, k.networks
     FROM tenancy_api_keys k JOIN tenancy_tenants t ON t.id = k.tenant_id
     WHERE k.hash = $1 AND k.revoked = $2"
);
const BY_SESSION: &str = concat!(
    "SELECT ",
    tenant_columns!(),
    ", s.id, s.actor, s.expires_at
     FROM tenancy_sessions s JOIN tenancy_tenants t ON t.id = s.tenant_id
     WHERE s.hash = $1"
);

#[async_trait]
impl TenantDirectory for SqlDirectory {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        type Read = fn(&PlanCatalogue, &mut dyn Row) -> Result<DirectoryEntry, Error>;
        let of_tenant: Read = |plans, row| read::tenant(plans, row).map(DirectoryEntry::of_tenant);
        let (sql, values, read) = match key {
            TenantKey::Id(id) => (BY_ID, vec![id.to_value()], of_tenant),
            TenantKey::Slug(slug) => (BY_SLUG, vec![slug.as_str().to_value()], of_tenant),
            TenantKey::Domain(host) => (BY_DOMAIN, vec![host.as_str().to_value()], of_tenant),
            TenantKey::ApiKeyHash(hash) => {
                let values = vec![hash.as_bytes().to_vec().to_value(), false.to_value()];
                (BY_API_KEY, values, read::with_api_key as Read)
            }
            TenantKey::SessionHash(hash) => {
                let values = vec![hash.as_bytes().to_vec().to_value()];
                (BY_SESSION, values, read::with_session as Read)
            }
            _ => return Ok(None),
        };
        let mut connection = self.db.begin_shared(Access::ReadOnly).await?;
        let read = |row: &mut dyn Row| read(&self.plans, row);
        let found = connection.fetch("look up a tenant", sql.into_sql_str(), values, read).await?;
        Ok(found.into_iter().next())
    }

    async fn changes_since(&self, revision: i64) -> Result<Changes, Error> {
        self.read_changes(revision).await
    }
}
