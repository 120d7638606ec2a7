use std::sync::Arc;

use async_trait::async_trait;
use kit::Sealer;
use kit::dns::DnsServer;
use kit::identity::{FolderMailer, Mailer, NoMailer, PasswordHasher};
use tenancy_core::Error;
use tenancy_core::domain::TxtLookup;
use tenancy_sqlx::SqlDirectory;

use crate::Config;
use crate::sign_in::Throttle;

/// What work about people needs.
#[derive(Clone)]
pub(crate) struct Desk {
    /// Where keys and sessions are known.
    pub(crate) directory: SqlDirectory,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) hasher: PasswordHasher,
    pub(crate) throttle: Throttle,
    /// Keeps secrets of authenticators.
    pub(crate) sealer: Arc<Sealer>,
    /// Who is asked whose a domain is.
    pub(crate) dns: Arc<dyn TxtLookup>,
}

/// So many passwords are hashed at the same time.
const AT_ONCE: usize = 2;

impl Desk {
    pub(crate) fn open(
        config: &Config,
        directory: SqlDirectory,
        sealer: Arc<Sealer>,
    ) -> Result<Self, Error> {
        let mailer: Arc<dyn Mailer> = match &config.mail_dir {
            Some(folder) => Arc::new(FolderMailer::open(folder)?),
            None => Arc::new(NoMailer),
        };
        let (hasher, throttle) = (PasswordHasher::new(AT_ONCE), Throttle::new()?);
        let dns: Arc<dyn TxtLookup> = match config.dns_server {
            Some(address) => Arc::new(DnsServer::at(address)),
            None => Arc::new(SystemDns),
        };
        Ok(Self { directory, mailer, hasher, throttle, sealer, dns })
    }
}

/// The resolver that this machine is set to ask, as it is then.
struct SystemDns;

#[async_trait]
impl TxtLookup for SystemDns {
    async fn txt(&self, name: &str) -> Result<Vec<String>, Error> {
        DnsServer::of_system()?.txt(name).await
    }
}
