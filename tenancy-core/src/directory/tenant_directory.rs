use std::sync::Arc;

use async_trait::async_trait;

use super::secret::hex;
use super::{ApiKey, ApiKeyHash, Changes, Session, SessionHash};
use crate::{Error, Host, Tenant, TenantId, TenantSlug};

/// How someone names a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TenantKey {
    /// By its id.
    Id(TenantId),
    /// By its short name.
    Slug(TenantSlug),
    /// By a domain of its own, once that is verified.
    Domain(Host),
    /// By the hash of one of its API keys.
    ApiKeyHash(ApiKeyHash),
    /// By the hash of a session at it.
    SessionHash(SessionHash),
}

impl TenantKey {
    /// Reads an id or a slug. The two cannot be mixed up: no slug reads as a UUID.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it is neither.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text.parse::<TenantId>() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => TenantSlug::parse(text).map(Self::Slug),
        }
    }

    /// Returns the form in which keys are stored and sent between nodes: a word for the kind, a
    /// colon, and the id, name or hash.
    ///
    /// ```
    /// use tenancy_core::{TenantKey, TenantSlug};
    ///
    /// let key = TenantKey::Slug(TenantSlug::parse("harbor")?);
    /// assert_eq!(key.to_tagged(), "slug:harbor");
    /// assert_eq!(TenantKey::from_tagged("slug:harbor")?, key);
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    pub fn to_tagged(&self) -> String {
        match self {
            Self::Id(id) => format!("id:{id}"),
            Self::Slug(slug) => format!("slug:{slug}"),
            Self::Domain(host) => format!("domain:{}", host.as_str()),
            Self::ApiKeyHash(hash) => format!("api_key:{}", hex(hash.as_bytes())),
            Self::SessionHash(hash) => format!("session:{}", hex(hash.as_bytes())),
        }
    }

    /// Reads what [`to_tagged`](Self::to_tagged) wrote.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for anything else.
    pub fn from_tagged(text: &str) -> Result<Self, Error> {
        let malformed = || Error::invalid("key", "read a key of a tenant: it is malformed");
        let (kind, value) = text.split_once(':').ok_or_else(malformed)?;
        match kind {
            "id" => value.parse().map(Self::Id),
            "slug" => TenantSlug::parse(value).map(Self::Slug),
            "domain" => Host::parse_name(value).map(Self::Domain),
            "api_key" => from_hex(value)
                .map(|hash| Self::ApiKeyHash(ApiKeyHash::from_bytes(hash)))
                .ok_or_else(malformed),
            "session" => from_hex(value)
                .map(|hash| Self::SessionHash(SessionHash::from_bytes(hash)))
                .ok_or_else(malformed),
            _ => Err(malformed()),
        }
    }
}

/// Reads the hexadecimal form of a hash.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

/// What a directory found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The API key, when it was asked for by one.
    pub api_key: Option<Arc<ApiKey>>,
    /// The session, when it was asked for by one.
    pub session: Option<Arc<Session>>,
}

impl DirectoryEntry {
    /// An entry found by id, slug or domain.
    pub fn of_tenant(tenant: Arc<Tenant>) -> Self {
        Self { tenant, api_key: None, session: None }
    }

    /// An entry found by an API key.
    pub fn of_api_key(tenant: Arc<Tenant>, api_key: Arc<ApiKey>) -> Self {
        Self { tenant, api_key: Some(api_key), session: None }
    }

    /// An entry found by a session.
    pub fn of_session(tenant: Arc<Tenant>, session: Arc<Session>) -> Self {
        Self { tenant, api_key: None, session: Some(session) }
    }
}

/// What a directory knows of a key without waiting.
#[derive(Debug, Clone)]
pub enum Remembered {
    /// Nothing: it must be asked.
    Nothing,
    /// There is no such tenant.
    Absent,
    /// There is one.
    Found(DirectoryEntry),
}

/// Finds tenants.
///
/// A directory says what is; it does not judge: suspended tenants and expired keys are found
/// too. A revoked key is not, nor is a session that was ended or a domain that is not verified.
///
/// # Write your own
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{async_trait, DirectoryEntry, Error, Tenant, TenantDirectory, TenantKey};
///
/// struct Single(Arc<Tenant>);
///
/// #[async_trait]
/// impl TenantDirectory for Single {
///     async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
///         let found = match key {
///             TenantKey::Id(id) => *id == self.0.id(),
///             TenantKey::Slug(slug) => slug == self.0.slug(),
///             _ => false,
///         };
///         Ok(found.then(|| DirectoryEntry::of_tenant(self.0.clone())))
///     }
/// }
/// ```
#[async_trait]
pub trait TenantDirectory: Send + Sync + 'static {
    /// Finds the tenant a key names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the directory cannot say.
    /// "There is none" is `Ok(None)`.
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error>;

    /// Returns what is known without waiting. A directory that remembers nothing says so.
    fn remembered(&self, _key: &TenantKey) -> Remembered {
        Remembered::Nothing
    }

    /// Returns what changed after a revision, and the revision now.
    ///
    /// A cache polls it. A directory that keeps no revisions always answers revision 0.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the directory cannot say.
    async fn changes_since(&self, _revision: i64) -> Result<Changes, Error> {
        Ok(Changes { revision: 0, invalidations: Some(Vec::new()) })
    }
}

#[async_trait]
impl<D: TenantDirectory + ?Sized> TenantDirectory for Arc<D> {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        (**self).find(key).await
    }

    fn remembered(&self, key: &TenantKey) -> Remembered {
        (**self).remembered(key)
    }

    async fn changes_since(&self, revision: i64) -> Result<Changes, Error> {
        (**self).changes_since(revision).await
    }
}
