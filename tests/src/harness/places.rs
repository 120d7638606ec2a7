use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use tenancy_core::{
    Changes, DirectoryEntry, Error, Placement, PlanCatalogue, Tenant, TenantDirectory, TenantId,
    TenantKey, TenantSlug,
};
use tenancy_sqlx::{Migration, TenantDb};
use tokio::sync::Mutex;

/// The tenants of one test that have been seen, however often the database was opened.
pub(crate) type Tenants = Mutex<HashMap<TenantId, Arc<Tenant>>>;

/// A directory that knows every tenant: the first time one is asked for, it is provisioned. So a
/// test that knows nothing of placements runs on each of them.
pub(super) struct Places {
    pub(super) db: TenantDb,
    /// Taken in turn.
    pub(super) placements: &'static [Placement],
    /// What each place gets.
    pub(super) migrations: &'static [Migration],
    pub(super) tenants: Arc<Tenants>,
}

#[async_trait]
impl TenantDirectory for Places {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        let TenantKey::Id(id) = key else { return Ok(None) };
        // Held on purpose: others wait until the place is there.
        let mut tenants = self.tenants.lock().await;
        if let Some(tenant) = tenants.get(id) {
            return Ok(Some(DirectoryEntry::of_tenant(tenant.clone())));
        }
        let placement = self.placements[tenants.len() % self.placements.len()].clone();
        let tenant = placed(*id, placement);
        self.db.provision(&tenant, self.migrations).await?;
        let tenant = Arc::new(tenant);
        tenants.insert(*id, tenant.clone());
        Ok(Some(DirectoryEntry::of_tenant(tenant)))
    }

    async fn changes_since(&self, revision: i64) -> Result<Changes, Error> {
        Ok(Changes { revision, invalidations: Some(Vec::new()) })
    }
}

/// The record of a tenant that is placed somewhere.
pub(crate) fn placed(id: TenantId, placement: Placement) -> Tenant {
    let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
    let slug = format!("t-{}", id.uuid().as_simple());
    let slug = TenantSlug::parse(&slug).expect("a slug");
    Tenant::new(id, slug, plan).with_placement(placement)
}
