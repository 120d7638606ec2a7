use kit::Sealer;
use kit::identity::TokenKey;
use tenancy_core::{Error, Page, TenantId};
use tenancy_sqlx::{SharedEntity, TenantDb};
use time::OffsetDateTime;

/// A key of the platform that signs tokens, sealed. The id is its name in tokens.
#[derive(Debug, Clone, SharedEntity)]
#[tenant(table = "signing_keys")]
pub(crate) struct SigningKey {
    #[tenant(key)]
    pub(super) id: String,
    sealed: Vec<u8>,
    pub(super) created_at: OffsetDateTime,
}

impl SigningKey {
    /// Draws a key and keeps it.
    pub(super) async fn make(
        db: &TenantDb,
        sealer: &Sealer,
        created_at: OffsetDateTime,
    ) -> Result<Self, Error> {
        let (key, secret) = TokenKey::generate()?;
        let id = key.id().to_owned();
        let new = Self {
            sealed: sealer.seal(TenantId::PLATFORM, &purpose(&id), &secret)?,
            id,
            created_at,
        };
        let mut tx = db.shared();
        let kept = tx.repo::<Self>().insert(new).await?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Returns all, the oldest first.
    pub(super) async fn all(db: &TenantDb) -> Result<Vec<Self>, Error> {
        let mut tx = db.read_shared();
        let found = tx.repo::<Self>().list(Page::oldest(Page::<String>::MAX)).await?;
        let mut keys = found.items;
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(keys)
    }

    /// Opens it.
    pub(super) fn open(&self, sealer: &Sealer) -> Result<TokenKey, Error> {
        TokenKey::from_pkcs8(&sealer.open(TenantId::PLATFORM, &purpose(&self.id), &self.sealed)?)
    }
}

fn purpose(id: &str) -> String {
    format!("signing-key/{id}")
}
