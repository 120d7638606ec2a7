use std::fmt;

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::{Error, ErrorKind, TenantId};

/// An API key in the clear: `prefix_secret`.
///
/// It is shown once, when it is made. Only its [`ApiKeyHash`] is kept. `Debug` shows the prefix
/// alone.
///
/// ```
/// use tenancy_core::ApiKeySecret;
///
/// let key = ApiKeySecret::generate("bank_live")?;
/// assert_eq!(ApiKeySecret::parse(key.reveal())?.hash(), key.hash());
/// assert_eq!(format!("{key:?}"), "ApiKeySecret(bank_live_…)");
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret {
    text: String,
    prefix: usize,
}

impl ApiKeySecret {
    /// The least length of the part behind the prefix.
    const SECRET: usize = 32;

    /// Makes a key with 160 random bits behind the prefix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a prefix that is not 1 to 32 of `a-z`, `0-9` and `_`;
    /// [`ErrorKind::Internal`] when the system gives no random bytes.
    pub fn generate(prefix: &str) -> Result<Self, Error> {
        let mut random = [0_u8; 20];
        getrandom::fill(&mut random).map_err(|source| {
            Error::new(ErrorKind::Internal, "make an API key: no random bytes").with_source(source)
        })?;
        Self::parse(&format!("{prefix}_{}", hex(&random)))
    }

    /// Reads a key. The part behind the last `_` is the secret: at least 32 letters and digits.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CredentialInvalid`] for any other form. The text is not repeated.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let malformed = || Error::new(ErrorKind::CredentialInvalid, "the API key is malformed");
        let (prefix, secret) = text.rsplit_once('_').ok_or_else(malformed)?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let good = !prefix.is_empty()
            && prefix.len() <= 32
            && prefix.bytes().all(plain)
            && (Self::SECRET..=128).contains(&secret.len())
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !good {
            return Err(malformed());
        }
        Ok(Self { prefix: prefix.len(), text: text.to_owned() })
    }

    /// Returns the whole key, to be shown to its owner.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Returns the part that is not secret.
    pub fn prefix(&self) -> &str {
        &self.text[..self.prefix]
    }

    /// Returns what is kept of it.
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(self.text.as_bytes()).into())
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeySecret({}_…)", self.prefix())
    }
}

/// The SHA-256 of an API key.
///
/// A fast hash is enough: the secret has 160 random bits, so nobody guesses it from its hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash([u8; 32]);

impl ApiKeyHash {
    /// Takes a stored hash.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(…)")
    }
}

/// What the directory knows of an API key. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    tenant: TenantId,
    expires_at: Option<OffsetDateTime>,
}

impl ApiKey {
    /// Describes a key of a tenant that does not expire.
    pub fn new(id: impl Into<String>, tenant: TenantId) -> Self {
        Self { id: id.into(), tenant, expires_at: None }
    }

    /// Sets when it ends.
    pub fn with_expiry(mut self, at: OffsetDateTime) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// Returns the public id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the tenant it belongs to.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns when it ends.
    pub const fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at
    }

    /// Tells whether it has ended.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
