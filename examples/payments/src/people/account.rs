use kit::identity::{EmailAddress, PasswordHash};
use sha2::{Digest as _, Sha256};
use tenancy_sqlx::SharedEntity;
use time::OffsetDateTime;

use crate::ids::UserId;

/// Somebody's account on the platform, found by the address.
///
/// It says nothing about tenants: that is what a [`Member`](super::Member) is for.
#[derive(Debug, Clone, SharedEntity)]
#[tenant(table = "accounts")]
pub(crate) struct Account {
    #[tenant(key)]
    pub(crate) email: String,
    pub(crate) user_id: UserId,
    /// None before the first invitation was accepted.
    password: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

impl Account {
    /// Makes an account that nobody can sign in with yet.
    pub(crate) fn new(email: &EmailAddress, now: OffsetDateTime) -> Self {
        Self {
            email: email.to_string(),
            user_id: UserId::generate(),
            password: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Makes one whose password is hashed already.
    pub(crate) fn demo(email: String, user_id: UserId, hash: &str, at: OffsetDateTime) -> Self {
        let password = Some(hash.to_owned());
        Self { email, user_id, password, created_at: at, updated_at: at }
    }

    /// Sets the password.
    pub(crate) fn with_password(self, hash: &PasswordHash, now: OffsetDateTime) -> Self {
        Self { password: Some(hash.as_str().to_owned()), updated_at: now, ..self }
    }

    /// Returns what only this password of the account has: what is bound to it ends when the
    /// password changes. `None` before there is one.
    pub(crate) fn password_mark(&self) -> Option<Vec<u8>> {
        self.password.as_deref().map(|hash| Sha256::digest(hash).to_vec())
    }

    /// Returns what is kept of the password, once there is one.
    pub(crate) fn password(&self) -> Option<PasswordHash> {
        self.password.as_deref().map(PasswordHash::from_stored)
    }
}
