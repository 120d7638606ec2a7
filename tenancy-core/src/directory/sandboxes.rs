use std::sync::Arc;

use async_trait::async_trait;

use super::{Changes, DirectoryEntry, Remembered, TenantDirectory, TenantKey};
use crate::{Error, Tenant};

/// A directory that knows the [sandboxes](crate::TenantId::sandbox) of its tenants too: asked by
/// the id of one it answers with the tenant's record over that id.
///
/// Work that carries nothing but an id, such as a job in an envelope, then finds its way back into
/// the sandbox it comes from. Slugs, domains and credentials lead to the tenant itself. Put it
/// outside of a [`CachedDirectory`](super::CachedDirectory), so that the two are never of
/// different age.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{
///     MemoryDirectory, PlanCatalogue, Tenant, TenantDirectory as _, TenantId, TenantKey, TenantSlug,
///     WithSandboxes,
/// };
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let plan = PlanCatalogue::example().plan("starter")?;
/// let harbor = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
/// let sandbox = harbor.id().sandbox().expect("a generated id has one");
/// let directory = MemoryDirectory::new();
/// directory.insert(harbor)?;
///
/// assert!(directory.find(&TenantKey::Id(sandbox)).await?.is_none());
/// let found = WithSandboxes::of(directory).find(&TenantKey::Id(sandbox)).await?.unwrap();
/// assert_eq!((found.tenant.id(), found.tenant.slug().as_str()), (sandbox, "harbor"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct WithSandboxes<D>(D);

impl<D: TenantDirectory> WithSandboxes<D> {
    /// Adds the sandboxes of its tenants to a directory.
    pub const fn of(directory: D) -> Self {
        Self(directory)
    }
}

/// Returns by what the tenant itself is found, when a key names a sandbox.
fn home(key: &TenantKey) -> Option<TenantKey> {
    match key {
        TenantKey::Id(id) if id.is_sandbox() => Some(TenantKey::Id(id.home())),
        _ => None,
    }
}

fn sandbox(found: &DirectoryEntry) -> Option<DirectoryEntry> {
    found.tenant.sandbox().map(|tenant: Tenant| DirectoryEntry::of_tenant(Arc::new(tenant)))
}

#[async_trait]
impl<D: TenantDirectory> TenantDirectory for WithSandboxes<D> {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        match home(key) {
            None => self.0.find(key).await,
            Some(home) => Ok(self.0.find(&home).await?.as_ref().and_then(sandbox)),
        }
    }

    fn remembered(&self, key: &TenantKey) -> Remembered {
        let Some(home) = home(key) else { return self.0.remembered(key) };
        match self.0.remembered(&home) {
            Remembered::Found(found) => {
                sandbox(&found).map_or(Remembered::Absent, Remembered::Found)
            }
            other => other,
        }
    }

    async fn changes_since(&self, revision: i64) -> Result<Changes, Error> {
        self.0.changes_since(revision).await
    }
}
