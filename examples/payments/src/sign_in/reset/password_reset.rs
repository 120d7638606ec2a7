use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::{Duration, OffsetDateTime};

use crate::ids::UserId;
use crate::people::TokenHash;

/// A link that changes a password, good once. Only its hash is kept.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "password_resets")]
pub(crate) struct PasswordReset {
    #[tenant(key)]
    pub(super) id: TokenHash,
    pub(super) tenant_id: TenantId,
    pub(super) member_id: UserId,
    /// Whoever has changed the password by another link needs this one no more.
    pub(super) password_mark: Vec<u8>,
    pub(super) expires_at: OffsetDateTime,
}

impl PasswordReset {
    /// How long it is good for.
    pub(super) const VALID: Duration = Duration::minutes(30);

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at <= now
    }
}
