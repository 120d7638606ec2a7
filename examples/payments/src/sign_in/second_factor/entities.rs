use kit::Sealer;
use kit::identity::TotpSecret;
use tenancy_core::{Error, TenantId};
use tenancy_sqlx::TenantEntity;
use time::{Duration, OffsetDateTime};

use crate::ids::UserId;
use crate::people::TokenHash;

/// A member's authenticator. The id is that of the member.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "second_factors", version = "version")]
pub(crate) struct SecondFactor {
    #[tenant(key)]
    pub(super) id: UserId,
    pub(super) tenant_id: TenantId,
    /// The secret, sealed for the tenant and the member.
    pub(super) sealed: Vec<u8>,
    /// Nothing is asked for before somebody has shown that the authenticator works.
    pub(super) confirmed_at: Option<OffsetDateTime>,
    /// The step of the last code that was taken: it, and older ones, are good no more.
    pub(super) last_step: Option<i64>,
    pub(super) created_at: OffsetDateTime,
    pub(super) version: i64,
}

/// What is kept of a recovery code: its hash, until it is used.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "recovery_codes")]
pub(crate) struct KeptCode {
    #[tenant(key)]
    pub(super) id: TokenHash,
    pub(super) tenant_id: TenantId,
    pub(super) member_id: UserId,
}

/// Somebody whose password was right, and who is to show a code.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "sign_in_challenges")]
pub(crate) struct Challenge {
    #[tenant(key)]
    pub(super) id: TokenHash,
    pub(super) tenant_id: TenantId,
    pub(super) member_id: UserId,
    /// Of the password that was right: when it changes the challenge ends.
    pub(super) password_mark: Vec<u8>,
    pub(super) expires_at: OffsetDateTime,
}

impl SecondFactor {
    /// Keeps a secret that nobody has confirmed yet.
    pub(super) fn new(
        sealer: &Sealer,
        secret: &TotpSecret,
        tenant_id: TenantId,
        id: UserId,
        created_at: OffsetDateTime,
    ) -> Result<Self, Error> {
        Ok(Self {
            id,
            tenant_id,
            sealed: sealer.seal(tenant_id, &purpose(id), secret.as_bytes())?,
            confirmed_at: None,
            last_step: None,
            created_at,
            version: 1,
        })
    }

    pub(super) const fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Opens the secret.
    pub(super) fn secret(&self, sealer: &Sealer) -> Result<TotpSecret, Error> {
        sealer.open(self.tenant_id, &purpose(self.id), &self.sealed).map(TotpSecret::from_bytes)
    }
}

impl Challenge {
    /// How long somebody may look for the authenticator.
    pub(super) const VALID: Duration = Duration::minutes(5);
}

fn purpose(member: UserId) -> String {
    format!("second-factor/{member}")
}
