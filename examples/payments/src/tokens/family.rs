use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::{Duration, OffsetDateTime};

use crate::ids::{TokenFamilyId, UserId};
use crate::people::TokenHash;

/// All refresh tokens that came of one another: what one sign-in has given a program.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "token_families", version = "version")]
pub(crate) struct TokenFamily {
    #[tenant(key)]
    pub(super) id: TokenFamilyId,
    pub(super) tenant_id: TenantId,
    pub(super) member_id: UserId,
    /// Of the password that there was: when it changes the family ends.
    pub(super) password_mark: Vec<u8>,
    pub(super) created_at: OffsetDateTime,
    /// However often it is renewed.
    pub(super) ends_at: OffsetDateTime,
    /// When somebody has signed out, or a token came twice.
    pub(super) ended_at: Option<OffsetDateTime>,
    pub(super) version: i64,
}

/// What renews an access token, good once. Only its hash is kept.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "refresh_tokens", version = "version")]
pub(crate) struct RefreshToken {
    #[tenant(key)]
    pub(super) id: TokenHash,
    pub(super) tenant_id: TenantId,
    pub(super) family_id: TokenFamilyId,
    pub(super) member_id: UserId,
    /// It is kept when it was used: it is known when it comes again.
    pub(super) used_at: Option<OffsetDateTime>,
    pub(super) version: i64,
}

impl TokenFamily {
    /// How long a program goes on without its user.
    const VALID: Duration = Duration::days(30);

    pub(super) fn new(
        tenant_id: TenantId,
        member_id: UserId,
        password_mark: Vec<u8>,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: TokenFamilyId::generate(),
            tenant_id,
            member_id,
            password_mark,
            created_at: now,
            ends_at: now + Self::VALID,
            ended_at: None,
            version: 1,
        }
    }

    pub(super) fn is_good(&self, now: OffsetDateTime) -> bool {
        self.ended_at.is_none() && now < self.ends_at
    }
}
