use tenancy_core::{Error, TenantId};
use tenancy_sqlx::{SharedEntity, TenantDb};
use time::{Duration, OffsetDateTime};

/// How a tenant's life ends: what the directory does not know of it.
#[derive(Debug, Clone, SharedEntity)]
#[tenant(table = "tenant_lives")]
pub(crate) struct TenantLife {
    #[tenant(key)]
    pub(super) id: TenantId,
    /// Since when it is about to be closed.
    pub(super) closing_since: Option<OffsetDateTime>,
    /// When its data goes.
    pub(super) purge_at: Option<OffsetDateTime>,
    /// When its data went.
    pub(super) purged_at: Option<OffsetDateTime>,
    /// From when on another tenant may have its slug.
    pub(super) slug_free_at: Option<OffsetDateTime>,
}

impl TenantLife {
    /// So long a closing can be taken back.
    pub(super) const GRACE: Duration = Duration::days(30);

    /// Returns that of a tenant with nothing to say of it.
    pub(super) const fn plain(id: TenantId) -> Self {
        Self { id, closing_since: None, purge_at: None, purged_at: None, slug_free_at: None }
    }

    pub(super) async fn of(db: &TenantDb, tenant: TenantId) -> Result<Self, Error> {
        let found = db.read_shared().repo::<Self>().get(&tenant).await?;
        Ok(found.unwrap_or(Self::plain(tenant)))
    }

    /// Writes it down, for the first time or again.
    pub(super) async fn keep(self, db: &TenantDb) -> Result<Self, Error> {
        let mut tx = db.shared();
        let is_new = tx.repo::<Self>().get(&self.id).await?.is_none();
        let kept = if is_new {
            tx.repo::<Self>().insert(self).await?
        } else {
            tx.repo::<Self>().update(self).await?
        };
        tx.commit().await?;
        Ok(kept)
    }
}
