use std::fmt;

use tenancy_core::{EnvelopeKey, EnvelopeKeys, Error, ErrorKind};
use tenancy_sqlx::{SharedEntity, TenantDb};

/// A secret that the processes of a platform share, in a table that no tenant reaches.
#[derive(Clone, SharedEntity)]
#[tenant(table = "platform_keys")]
pub struct PlatformKey {
    #[tenant(key)]
    name: String,
    secret: Vec<u8>,
}

const NAME: &str = "envelopes of jobs";

impl PlatformKey {
    /// Returns the keys that seal the contexts of jobs; makes them, if nobody has.
    ///
    /// They lie beside the jobs they vouch for: whoever can write that table can write jobs too. What
    /// they keep out is a job that a tenant's own data was made to hold.
    ///
    /// # Errors
    ///
    /// Those of the database; [`ErrorKind::Internal`] when the system has no randomness.
    pub async fn envelopes(db: &TenantDb) -> Result<EnvelopeKeys, Error> {
        let key = match Self::find(db).await? {
            Some(key) => key,
            None => Self::make(db).await?,
        };
        EnvelopeKeys::new(EnvelopeKey::new("jobs-1", &key.secret)?, [])
    }

    async fn find(db: &TenantDb) -> Result<Option<Self>, Error> {
        db.read_shared().repo::<Self>().get(&NAME.to_owned()).await
    }

    async fn make(db: &TenantDb) -> Result<Self, Error> {
        let fault = || Error::new(ErrorKind::Internal, "make a key for the envelopes of jobs");
        let mut secret = vec![0; 32];
        getrandom::fill(&mut secret).map_err(|source| fault().with_source(source))?;
        let mut tx = db.shared();
        match tx.repo().insert(Self { name: NAME.to_owned(), secret }).await {
            Ok(key) => {
                tx.commit().await?;
                Ok(key)
            }
            // Another process was faster.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                drop(tx);
                Self::find(db).await?.ok_or_else(fault)
            }
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for PlatformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformKey").field("name", &self.name).finish_non_exhaustive()
    }
}
