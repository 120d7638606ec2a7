use kit::identity::LinkToken;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::{Duration, OffsetDateTime};

use crate::ids::UserId;

/// A link that makes somebody a member, good once. Only its hash is kept.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "invitations")]
pub(crate) struct Invitation {
    #[tenant(key)]
    pub(super) id: TokenHash,
    pub(super) tenant_id: TenantId,
    pub(super) member_id: UserId,
    pub(super) expires_at: OffsetDateTime,
}

/// What is kept of a link's token.
#[derive(Debug, Clone, PartialEq, Eq, TenantValue)]
pub(crate) struct TokenHash(Vec<u8>);

impl From<&LinkToken> for TokenHash {
    fn from(token: &LinkToken) -> Self {
        Self(token.hash())
    }
}

impl TokenHash {
    /// Takes what is kept of something else that is good once.
    pub(crate) const fn of(hash: Vec<u8>) -> Self {
        Self(hash)
    }
}

impl Invitation {
    /// How long it is good for.
    pub(super) const VALID: Duration = Duration::days(7);

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at <= now
    }
}
