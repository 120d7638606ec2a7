use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use subtle::ConstantTimeEq as _;
use tokio::time::timeout;

use crate::{Error, ErrorKind, Host};

/// Asks the DNS for TXT records.
///
/// Ask a resolver that you trust, over a network that you trust, best one that checks DNSSEC: who
/// can forge its answers can take over a domain.
#[async_trait]
pub trait TxtLookup: Send + Sync {
    /// Returns the TXT records of a name, the strings of each joined; none when it has none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the DNS does not answer.
    async fn txt(&self, name: &str) -> Result<Vec<String>, Error>;
}

/// What a tenant publishes to show that it owns a domain.
///
/// Make a new one for each tenant and domain, and keep it with the request until it is verified.
/// Its token is not secret: it is worth something only in the DNS of that domain.
#[derive(Clone, PartialEq, Eq)]
pub struct DomainChallenge {
    domain: Host,
    token: String,
}

impl DomainChallenge {
    /// The time the DNS may take.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Makes a challenge with 160 random bits, for a domain that
    /// [`DomainRules::check`](super::DomainRules::check) passed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system gives no random bytes.
    pub fn generate(domain: Host) -> Result<Self, Error> {
        use fmt::Write as _;
        let mut random = [0_u8; 20];
        getrandom::fill(&mut random).map_err(|source| {
            Error::new(ErrorKind::Internal, "make a challenge: no random bytes").with_source(source)
        })?;
        let token = random.iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        });
        Ok(Self { domain, token })
    }

    /// Takes one that was stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when the token is not one of [`generate`](Self::generate)'s.
    pub fn stored(domain: Host, token: impl Into<String>) -> Result<Self, Error> {
        let token = token.into();
        if token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self { domain, token });
        }
        Err(Error::invalid("token", "read a challenge: its token is malformed"))
    }

    /// Returns the domain.
    pub const fn domain(&self) -> &Host {
        &self.domain
    }

    /// Returns the token, to be stored.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the name of the TXT record to publish.
    pub fn record_name(&self) -> String {
        format!("_tenancy-challenge.{}", self.domain.as_str())
    }

    /// Returns the value of the TXT record to publish.
    pub fn record_value(&self) -> String {
        format!("tenancy-verify={}", self.token)
    }

    /// Looks whether the record is there. Other records beside it do not matter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when it is not there (yet), with what to publish;
    /// [`ErrorKind::Unavailable`] when the DNS does not answer within five seconds.
    pub async fn verify(&self, dns: &dyn TxtLookup) -> Result<(), Error> {
        let name = self.record_name();
        let records = timeout(Self::PATIENCE, dns.txt(&name)).await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "verify a domain: the DNS does not answer"))
        })?;
        let expected = self.record_value();
        let is_ours = |record: &String| -> bool {
            record.trim().as_bytes().ct_eq(expected.as_bytes()).into()
        };
        if records.iter().any(is_ours) {
            return Ok(());
        }
        let message = format!("verify a domain: publish the TXT record {expected} at {name}");
        Err(Error::new(ErrorKind::Conflict, message).with_subject("domain"))
    }
}

impl fmt::Debug for DomainChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DomainChallenge").field("domain", &self.domain).finish_non_exhaustive()
    }
}
