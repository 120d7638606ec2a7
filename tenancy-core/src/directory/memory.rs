use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use super::{ApiKey, ApiKeyHash, ApiKeySecret, DirectoryEntry, TenantDirectory, TenantKey};
use crate::{Error, ErrorKind, Tenant, TenantId, TenantSlug};

/// A directory in memory, for tests and small programs.
///
/// ```
/// use tenancy_core::{ApiKey, ApiKeySecret, MemoryDirectory, PlanCatalogue, Tenant, TenantId, TenantSlug};
///
/// let plan = PlanCatalogue::example().plan("starter")?;
/// let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
/// let secret = ApiKeySecret::generate("bank")?;
///
/// let directory = MemoryDirectory::new();
/// directory.insert_api_key(&secret, ApiKey::new("key_1", tenant.id()));
/// directory.insert(tenant)?;
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryDirectory(RwLock<Records>);

#[derive(Debug, Default)]
struct Records {
    tenants: HashMap<TenantId, Arc<Tenant>>,
    slugs: HashMap<TenantSlug, TenantId>,
    api_keys: HashMap<ApiKeyHash, Arc<ApiKey>>,
}

impl MemoryDirectory {
    /// Makes an empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tenant or replaces its record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when another tenant has the slug.
    pub fn insert(&self, tenant: Tenant) -> Result<(), Error> {
        let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let holder = records.slugs.get(tenant.slug());
        if holder.is_some_and(|holder| *holder != tenant.id()) {
            return Err(Error::new(ErrorKind::Conflict, "add a tenant: the slug is taken")
                .with_subject("slug"));
        }
        if let Some(old) = records.tenants.get(&tenant.id()).cloned() {
            records.slugs.remove(old.slug());
        }
        records.slugs.insert(tenant.slug().clone(), tenant.id());
        records.tenants.insert(tenant.id(), Arc::new(tenant));
        Ok(())
    }

    /// Adds an API key or replaces its record.
    pub fn insert_api_key(&self, secret: &ApiKeySecret, key: ApiKey) {
        let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
        records.api_keys.insert(secret.hash(), Arc::new(key));
    }

    /// Takes an API key away.
    pub fn remove_api_key(&self, secret: &ApiKeySecret) {
        let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
        records.api_keys.remove(&secret.hash());
    }
}

impl Records {
    fn find(&self, key: &TenantKey) -> Option<DirectoryEntry> {
        let tenant = |id: &TenantId| self.tenants.get(id).cloned();
        match key {
            TenantKey::Id(id) => tenant(id).map(DirectoryEntry::of_tenant),
            TenantKey::Slug(slug) => {
                self.slugs.get(slug).and_then(tenant).map(DirectoryEntry::of_tenant)
            }
            TenantKey::Domain(_) | TenantKey::SessionHash(_) => None,
            TenantKey::ApiKeyHash(hash) => {
                let key = self.api_keys.get(hash)?;
                Some(DirectoryEntry::of_api_key(tenant(&key.tenant())?, key.clone()))
            }
        }
    }
}

#[async_trait]
impl TenantDirectory for MemoryDirectory {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).find(key))
    }
}
