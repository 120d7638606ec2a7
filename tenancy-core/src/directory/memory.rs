use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;

use super::{
    ApiKey, ApiKeyHash, ApiKeySecret, Changes, DirectoryEntry, Invalidation, Session, SessionHash,
    SessionSecret, TenantDirectory, TenantKey,
};
use crate::{Error, ErrorKind, Host, Placement, Tenant, TenantId, TenantSlug, TenantStatus};

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
    domains: HashMap<Host, TenantId>,
    api_keys: HashMap<ApiKeyHash, Arc<ApiKey>>,
    sessions: HashMap<SessionHash, Arc<Session>>,
    /// What changed, the revision being the place, starting at 1.
    changes: Vec<Invalidation>,
}

impl MemoryDirectory {
    /// Makes an empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tenant or replaces its record, with the domains it names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when another tenant has the slug or one of the domains.
    pub fn insert(&self, tenant: Tenant) -> Result<(), Error> {
        self.write().insert(tenant)
    }

    /// Changes a tenant's status, and its version with it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantUnknown`]; [`ErrorKind::Conflict`] for a step that
    /// [`TenantStatus::may_become`] does not know.
    pub fn set_status(&self, tenant: TenantId, status: TenantStatus) -> Result<(), Error> {
        self.write().change("change a tenant's status: no such tenant", tenant, |record| {
            record.status().check_transition(status)?;
            Ok(record.with_status(status))
        })
    }

    /// Changes where a tenant's data is looked for, and its version with it. It moves no data.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantUnknown`].
    pub fn set_placement(&self, tenant: TenantId, placement: Placement) -> Result<(), Error> {
        self.write().change("change a tenant's placement: no such tenant", tenant, |record| {
            Ok(record.with_placement(placement))
        })
    }

    /// Adds an API key or replaces its record.
    pub fn insert_api_key(&self, secret: &ApiKeySecret, key: ApiKey) {
        let mut records = self.write();
        let tenant = key.tenant();
        records.api_keys.insert(secret.hash(), Arc::new(key));
        records.changed(tenant, vec![TenantKey::ApiKeyHash(secret.hash())]);
    }

    /// Takes an API key away.
    pub fn remove_api_key(&self, secret: &ApiKeySecret) {
        let mut records = self.write();
        if let Some(key) = records.api_keys.remove(&secret.hash()) {
            records.changed(key.tenant(), vec![TenantKey::ApiKeyHash(secret.hash())]);
        }
    }

    /// Adds a session.
    pub fn insert_session(&self, secret: &SessionSecret, session: Session) {
        let mut records = self.write();
        let tenant = session.tenant();
        records.sessions.insert(secret.hash(), Arc::new(session));
        records.changed(tenant, vec![TenantKey::SessionHash(secret.hash())]);
    }

    /// Ends a session.
    pub fn end_session(&self, secret: &SessionSecret) {
        let mut records = self.write();
        if let Some(session) = records.sessions.remove(&secret.hash()) {
            records.changed(session.tenant(), vec![TenantKey::SessionHash(secret.hash())]);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Records> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Records> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    fn insert(&mut self, tenant: Tenant) -> Result<(), Error> {
        let id = tenant.id();
        let taken = |holder: Option<&TenantId>| holder.is_some_and(|holder| *holder != id);
        if taken(self.slugs.get(tenant.slug())) {
            let message = "add a tenant: the slug is taken";
            return Err(Error::new(ErrorKind::Conflict, message).with_subject("slug"));
        }
        if tenant.domains().iter().any(|domain| taken(self.domains.get(domain))) {
            let message = "add a tenant: the domain is taken";
            return Err(Error::new(ErrorKind::Conflict, message).with_subject("domain"));
        }
        let mut keys = keys_of(&tenant);
        if let Some(old) = self.tenants.get(&id).cloned() {
            keys.extend(keys_of(&old));
            self.slugs.remove(old.slug());
            for domain in old.domains() {
                self.domains.remove(domain);
            }
        }
        self.slugs.insert(tenant.slug().clone(), id);
        self.domains.extend(tenant.domains().iter().map(|domain| (domain.clone(), id)));
        self.tenants.insert(id, Arc::new(tenant));
        self.changed(id, keys);
        Ok(())
    }

    /// Replaces a record by the next version of it.
    fn change(
        &mut self,
        unknown: &'static str,
        tenant: TenantId,
        change: impl FnOnce(Tenant) -> Result<Tenant, Error>,
    ) -> Result<(), Error> {
        let Some(record) = self.tenants.get(&tenant) else {
            return Err(Error::new(ErrorKind::TenantUnknown, unknown));
        };
        let version = record.version() + 1;
        let changed = change(Tenant::clone(record))?.with_version(version);
        self.insert(changed)
    }

    fn changed(&mut self, tenant: TenantId, keys: Vec<TenantKey>) {
        let version = self.tenants.get(&tenant).map_or(0, |tenant| tenant.version());
        self.changes.push(Invalidation { tenant, version, keys });
    }

    fn find(&self, key: &TenantKey) -> Option<DirectoryEntry> {
        let tenant = |id: &TenantId| self.tenants.get(id).cloned();
        let of_tenant = |id: &TenantId| tenant(id).map(DirectoryEntry::of_tenant);
        match key {
            TenantKey::Id(id) => of_tenant(id),
            TenantKey::Slug(slug) => self.slugs.get(slug).and_then(of_tenant),
            TenantKey::Domain(host) => self.domains.get(host).and_then(of_tenant),
            TenantKey::ApiKeyHash(hash) => {
                let key = self.api_keys.get(hash)?;
                Some(DirectoryEntry::of_api_key(tenant(&key.tenant())?, key.clone()))
            }
            TenantKey::SessionHash(hash) => {
                let session = self.sessions.get(hash)?;
                Some(DirectoryEntry::of_session(tenant(&session.tenant())?, session.clone()))
            }
        }
    }

    fn changes_since(&self, revision: i64) -> Changes {
        let seen = usize::try_from(revision).ok();
        let invalidations = seen.and_then(|seen| self.changes.get(seen..)).map(<[_]>::to_vec);
        Changes { revision: i64::try_from(self.changes.len()).unwrap_or(i64::MAX), invalidations }
    }
}

/// What leads to a tenant's record, besides its id.
fn keys_of(tenant: &Tenant) -> Vec<TenantKey> {
    let domains = tenant.domains().iter().cloned().map(TenantKey::Domain);
    domains.chain([TenantKey::Slug(tenant.slug().clone())]).collect()
}

#[async_trait]
impl TenantDirectory for MemoryDirectory {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        Ok(self.read().find(key))
    }

    async fn changes_since(&self, revision: i64) -> Result<Changes, Error> {
        Ok(self.read().changes_since(revision))
    }
}
