use std::sync::Arc;

use async_trait::async_trait;

use super::{ApiKey, ApiKeyHash};
use crate::{Error, Tenant, TenantId, TenantSlug};

/// How someone names a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TenantKey {
    /// By its id.
    Id(TenantId),
    /// By its short name.
    Slug(TenantSlug),
    /// By the hash of one of its API keys.
    ApiKeyHash(ApiKeyHash),
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
}

/// What a directory found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The API key, when it was asked for by one.
    pub api_key: Option<Arc<ApiKey>>,
}

impl DirectoryEntry {
    /// An entry found by id or slug.
    pub fn of_tenant(tenant: Arc<Tenant>) -> Self {
        Self { tenant, api_key: None }
    }

    /// An entry found by an API key.
    pub fn of_api_key(tenant: Arc<Tenant>, api_key: Arc<ApiKey>) -> Self {
        Self { tenant, api_key: Some(api_key) }
    }
}

/// Finds tenants.
///
/// A directory says what is; it does not judge: suspended tenants and expired keys are found
/// too. A revoked key is not.
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
}

#[async_trait]
impl<D: TenantDirectory + ?Sized> TenantDirectory for Arc<D> {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        (**self).find(key).await
    }
}
