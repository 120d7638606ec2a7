use std::sync::Arc;

use tenancy_core::{MemoryDirectory, Placement, Tenant, TenantId};
use tenancy_sqlx::{TenantDb, TenantDbOptions};

use crate::harness::{Database, Engine, NOTES, placed};

/// A database whose tenants are where a directory says.
pub(crate) struct World {
    pub(crate) database: Database,
    /// Knows no directory.
    pub(crate) bare: TenantDb,
    pub(crate) db: TenantDb,
    pub(crate) directory: Arc<MemoryDirectory>,
}

impl World {
    pub(crate) async fn on(engine: Engine) -> Self {
        Self::with(engine, &|options| options).await
    }

    /// With other options than usual.
    pub(crate) async fn with(
        engine: Engine,
        options: &dyn Fn(TenantDbOptions) -> TenantDbOptions,
    ) -> Self {
        let database = Database::create(engine).await;
        let bare = database.open(options(database.options())).await.expect("the database opens");
        let directory = Arc::new(MemoryDirectory::new());
        let db = bare.clone().with_directory(directory.clone());
        Self { database, bare, db, directory }
    }

    /// Adds a tenant and makes its place.
    pub(crate) async fn tenant(&self, placement: Placement) -> TenantId {
        let tenant = self.add(placement).await;
        self.bare.provision(&tenant, &[NOTES]).await.expect("provisioned");
        tenant.id()
    }

    /// Adds a tenant whose place is not there.
    pub(crate) async fn add(&self, placement: Placement) -> Tenant {
        let tenant = placed(TenantId::generate(), placement);
        self.database.owns(&tenant).await;
        self.directory.insert(tenant.clone()).expect("inserted");
        tenant
    }
}
