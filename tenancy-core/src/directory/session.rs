use time::OffsetDateTime;

use crate::{Actor, TenantId};

/// What the directory knows of a session: who signed in, where, until when. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    id: String,
    tenant: TenantId,
    actor: Actor,
    expires_at: OffsetDateTime,
}

impl Session {
    /// Describes a session of an actor at a tenant. A session always ends.
    pub fn new(
        id: impl Into<String>,
        tenant: TenantId,
        actor: Actor,
        expires_at: OffsetDateTime,
    ) -> Self {
        Self { id: id.into(), tenant, actor, expires_at }
    }

    /// Returns the public id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the tenant it is at.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns who signed in.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Returns when it ends.
    pub const fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }

    /// Tells whether it has ended.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at <= now
    }
}
