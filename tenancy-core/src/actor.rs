//! Who acts.

use std::sync::Arc;

/// What kind of thing acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ActorKind {
    /// A person, named by a token.
    User,
    /// A program, by its API key.
    ApiKey,
}

impl ActorKind {
    /// Returns the name for logs, limits and audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
        }
    }
}

/// Who acts, within a tenant: proved by a credential.
///
/// The id is not secret: a token's subject, or an API key's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    kind: ActorKind,
    id: Arc<str>,
}

impl Actor {
    /// Names an actor.
    pub fn new(kind: ActorKind, id: impl Into<Arc<str>>) -> Self {
        Self { kind, id: id.into() }
    }

    /// Returns the kind.
    pub const fn kind(&self) -> ActorKind {
        self.kind
    }

    /// Returns the id: unique within the tenant and the kind.
    pub fn id(&self) -> &str {
        &self.id
    }
}
