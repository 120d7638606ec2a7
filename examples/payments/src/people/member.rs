use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::access::Role;
use crate::ids::UserId;

/// Somebody who works for a tenant. The id is that of the account.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "members", version = "version")]
pub(crate) struct Member {
    #[tenant(key)]
    pub(crate) id: UserId,
    pub(crate) tenant_id: TenantId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) state: MemberState,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Whether somebody belongs to the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberState {
    /// Has a link that opens the door once. Counts as a user.
    Invited,
    /// May sign in.
    Active,
    /// Was here.
    Removed,
}

impl Member {
    /// Returns the role; `None` when no role has this name any more.
    pub(crate) fn role(&self) -> Option<Role> {
        Role::of_member(&self.role)
    }

    /// Tells whether this is an owner who can sign in.
    pub(super) fn is_owner(&self) -> bool {
        self.state == MemberState::Active && self.role() == Some(Role::Owner)
    }

    /// Tells whether this counts as a user of the plan.
    pub(super) fn has_seat(&self) -> bool {
        self.state != MemberState::Removed
    }
}

/// A member, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberView {
    id: UserId,
    #[schema(example = "ada@riverside.example")]
    email: String,
    #[schema(example = "Ada Brooks")]
    name: String,
    #[schema(example = "operator")]
    role: String,
    state: MemberState,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    version: i64,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let Member { id, email, name, role, state, created_at, version, .. } = member;
        Self { id, email, name, role, state, created_at, version }
    }
}
