use serde::{Deserialize, Serialize};
use tenancy_core::{ApiKey, Error, TenantId};
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::ApiKeyId;

/// What people know of a key. The directory knows its hash, under the same id.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "api_keys", version = "version")]
pub(crate) struct ApiKeyRecord {
    #[tenant(key)]
    pub(super) id: ApiKeyId,
    pub(super) tenant_id: TenantId,
    pub(super) name: String,
    /// The last characters, to tell one from another.
    pub(super) hint: String,
    pub(super) mode: KeyMode,
    /// Permissions, with spaces between them.
    pub(super) scopes: String,
    /// Networks, with spaces between them; none means everywhere.
    pub(super) networks: String,
    /// The kind and id of who made it.
    pub(super) made_by: String,
    pub(super) created_at: OffsetDateTime,
    pub(super) expires_at: Option<OffsetDateTime>,
    pub(super) revoked_at: Option<OffsetDateTime>,
    pub(super) replaced_by: Option<ApiKeyId>,
    pub(super) version: i64,
}

/// Whether real money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum KeyMode {
    /// Play money, on every plan.
    Test,
    /// Real money, on plans with the feature `api_access`.
    Live,
}

impl KeyMode {
    /// What keys of this kind begin with.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Test => "paykey_test",
            Self::Live => "paykey_live",
        }
    }
}

impl ApiKeyRecord {
    /// Returns the directory's record of it.
    pub(super) fn in_directory(&self) -> Result<ApiKey, Error> {
        let key = ApiKey::new(self.id.to_string(), self.tenant_id)
            .with_scopes(self.scopes.split_whitespace())
            .with_networks(self.networks.split_whitespace())?;
        Ok(match self.expires_at {
            Some(at) => key.with_expiry(at),
            None => key,
        })
    }

    /// Tells whether it opens anything.
    pub(super) fn is_good(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// An API key, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyView {
    id: ApiKeyId,
    #[schema(example = "till 7")]
    name: String,
    /// The last characters of the key.
    #[schema(example = "4567")]
    hint: String,
    mode: KeyMode,
    #[schema(example = json!(["payments:create", "payments:view"]))]
    scopes: Vec<String>,
    /// Where it may be used from; none means everywhere.
    #[schema(example = json!(["192.0.2.0/24"]))]
    networks: Vec<String>,
    #[schema(example = "user:usr_01k8p0g2v7e9h9qk3x5t7w1zra")]
    made_by: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    revoked_at: Option<OffsetDateTime>,
    replaced_by: Option<ApiKeyId>,
}

impl From<ApiKeyRecord> for ApiKeyView {
    fn from(key: ApiKeyRecord) -> Self {
        let words = |text: &str| text.split_whitespace().map(ToOwned::to_owned).collect();
        Self {
            id: key.id,
            hint: key.hint,
            mode: key.mode,
            scopes: words(&key.scopes),
            networks: words(&key.networks),
            name: key.name,
            made_by: key.made_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            replaced_by: key.replaced_by,
        }
    }
}

/// A new key: the only answer that shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKeySecret)]
pub(super) struct IssuedView {
    #[serde(flatten)]
    pub(super) key: ApiKeyView,
    /// To be kept: it is never shown again.
    #[schema(example = "paykey_test_0123456789abcdef0123456789abcdef01234567")]
    pub(super) secret: String,
}
