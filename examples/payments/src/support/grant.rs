use std::borrow::Cow;

use kit::events::Subject;
use serde::Serialize;
use tenancy_core::{Actor, ActorKind, TenantId};
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::{PlatformUserId, SupportGrantId, UserId};

/// Somebody of the platform who may look into a tenant.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "support_grants", version = "version")]
pub(crate) struct SupportGrant {
    #[tenant(key)]
    pub(crate) id: SupportGrantId,
    pub(crate) tenant_id: TenantId,
    pub(crate) user_id: PlatformUserId,
    pub(super) user_name: String,
    /// The owner for whom it is done: without that owner's rights there are none.
    pub(super) behalf_of: UserId,
    pub(super) reason: String,
    pub(super) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(super) ended_at: Option<OffsetDateTime>,
    pub(super) version: i64,
}

impl SupportGrant {
    /// Returns who acts with it.
    pub(super) fn actor(&self) -> Actor {
        let owner = Actor::new(ActorKind::User, self.behalf_of.to_string());
        Actor::new(ActorKind::User, self.user_id.to_string()).on_behalf_of(owner)
    }

    /// Tells whether nobody has ended it. When its time is over is another question.
    pub(crate) const fn stands(&self) -> bool {
        self.ended_at.is_none()
    }
}

/// A grant, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupportGrant)]
pub(crate) struct SupportGrantView {
    id: SupportGrantId,
    /// Who of the platform.
    user: PlatformUserId,
    #[schema(example = "Demo person")]
    user_name: String,
    on_behalf_of: UserId,
    #[schema(example = "ticket 4711: a payment hangs")]
    reason: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// When somebody ended it before its time.
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
}

impl From<SupportGrant> for SupportGrantView {
    fn from(grant: SupportGrant) -> Self {
        let SupportGrant {
            id,
            user_id,
            user_name,
            behalf_of,
            reason,
            created_at,
            expires_at,
            ended_at,
            ..
        } = grant;
        Self {
            id,
            user: user_id,
            user_name,
            on_behalf_of: behalf_of,
            reason,
            created_at,
            expires_at,
            ended_at,
        }
    }
}

impl Subject for SupportGrant {
    type View = SupportGrantView;

    fn event_kind(&self) -> Cow<'static, str> {
        if self.stands() { "support_grant.created" } else { "support_grant.ended" }.into()
    }

    fn event_view(&self) -> SupportGrantView {
        self.clone().into()
    }
}
