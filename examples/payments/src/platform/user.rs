use kit::identity::{EmailAddress, PasswordHash};
use tenancy_core::audit::AuditParty;
use tenancy_sqlx::SharedEntity;
use time::OffsetDateTime;

use super::PlatformRole;
use crate::ids::PlatformUserId;

/// Somebody of the platform. Whoever has an account at tenants too has two passwords.
#[derive(Debug, Clone, SharedEntity)]
#[tenant(table = "platform_users")]
pub(crate) struct PlatformUser {
    #[tenant(key)]
    pub(super) email: String,
    pub(crate) id: PlatformUserId,
    pub(super) name: String,
    pub(super) role: PlatformRole,
    password: String,
    created_at: OffsetDateTime,
}

impl PlatformUser {
    pub(super) fn new(
        email: &EmailAddress,
        name: String,
        role: PlatformRole,
        hash: &PasswordHash,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            email: email.to_string(),
            id: PlatformUserId::generate(),
            name,
            role,
            password: hash.as_str().to_owned(),
            created_at: now,
        }
    }

    /// Returns what is kept of the password.
    pub(super) fn password(&self) -> PasswordHash {
        PasswordHash::from_stored(&self.password)
    }

    /// Returns the name that others read.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name in logs.
    pub(super) fn party(&self) -> AuditParty {
        AuditParty::user(&self.id.to_string())
    }
}
