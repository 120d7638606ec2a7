use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Cause, CauseKind};
use crate::ids::HoldId;
use crate::money::{Amount, Currency};

/// Money that is spoken for and has not moved: a payer's that a provider authorized, or a
/// merchant's that a refund is about to take.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "holds", version = "version")]
pub(crate) struct Hold {
    #[tenant(key)]
    pub(crate) id: HoldId,
    pub(crate) tenant_id: TenantId,
    pub(crate) cause_kind: CauseKind,
    pub(crate) cause_id: Uuid,
    pub(crate) currency: Currency,
    pub(crate) amount: i64,
    /// What of it has moved.
    pub(crate) posted: i64,
    pub(crate) state: HoldState,
    /// When it ends by itself.
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// What has become of a hold. It is resolved once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TenantValue)]
pub(crate) enum HoldState {
    /// Not resolved yet.
    Pending,
    /// All of it that will ever move has moved; the rest is free again.
    Posted,
    /// Nothing has moved, and nothing will.
    Voided,
    /// Nothing has moved in time.
    Expired,
}

impl Hold {
    pub(crate) fn new(
        tenant_id: TenantId,
        cause: Cause,
        amount: Amount,
        currency: Currency,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: HoldId::generate(),
            tenant_id,
            cause_kind: cause.kind,
            cause_id: cause.id,
            currency,
            amount: amount.units(),
            posted: 0,
            state: HoldState::Pending,
            expires_at: None,
            created_at: now,
            version: 1,
        }
    }

    /// Ends it by itself at a time.
    pub(crate) const fn until(mut self, at: OffsetDateTime) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// Moves a part. When all has moved, it is resolved.
    pub(crate) const fn post(&mut self, amount: i64) {
        self.posted += amount;
        if self.posted == self.amount {
            self.state = HoldState::Posted;
        }
    }

    /// Frees what has not moved.
    pub(crate) const fn release(&mut self) {
        self.state = if self.posted > 0 { HoldState::Posted } else { HoldState::Voided };
    }

    /// Frees what has not moved in time.
    pub(crate) const fn expire(&mut self) {
        self.state = if self.posted > 0 { HoldState::Posted } else { HoldState::Expired };
    }
}
