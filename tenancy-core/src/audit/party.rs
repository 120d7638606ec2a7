use std::fmt;

use super::bounded::bounded;
use crate::{Actor, ActorKind};

/// Somebody in an audit event: who acts, for whom, or whose data it is.
///
/// An actor and the owner of a resource are the same somebody when kind and id are equal.
///
/// ```
/// use tenancy_core::audit::AuditParty;
/// use tenancy_core::{Actor, ActorKind};
///
/// let ada = AuditParty::from(&Actor::new(ActorKind::User, "ada"));
/// assert_eq!(ada, AuditParty::user("ada"));
/// assert_eq!(ada.to_string(), "user:ada");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AuditParty {
    kind: ActorKind,
    id: Box<str>,
}

impl AuditParty {
    /// The longest id that is kept as it is, in bytes.
    pub const MAX_ID: usize = 200;

    /// Names somebody. A longer id is cut, so that it still differs from others; characters
    /// that would break a line are escaped.
    pub fn new(kind: ActorKind, id: &str) -> Self {
        Self { kind, id: bounded(id, Self::MAX_ID) }
    }

    /// Names a person.
    pub fn user(id: &str) -> Self {
        Self::new(ActorKind::User, id)
    }

    /// Returns the kind.
    pub const fn kind(&self) -> ActorKind {
        self.kind
    }

    /// Returns the id.
    pub const fn id(&self) -> &str {
        &self.id
    }
}

impl From<&Actor> for AuditParty {
    fn from(actor: &Actor) -> Self {
        Self::new(actor.kind(), actor.id())
    }
}

impl fmt::Display for AuditParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.id)
    }
}
