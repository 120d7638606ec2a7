//! Who acts.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use crate::Error;

/// What kind of thing acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ActorKind {
    /// A person, named by a token or a session.
    User,
    /// A program, by its API key.
    ApiKey,
    /// The platform itself: a job, a command.
    System,
}

impl ActorKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::ApiKey, Self::System];

    /// Returns the name for logs, limits and audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::System => "system",
        }
    }
}

impl FromStr for ActorKind {
    type Err = Error;

    /// Reads the name for logs, limits and audit events.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            Error::invalid("actor", "read an actor's kind: user, api_key or system is expected")
        })
    }
}

/// Who acts, within a tenant: proved by a credential.
///
/// The id is not secret: a token's subject, or an API key's id.
///
/// ```
/// use tenancy_core::{Actor, ActorKind};
///
/// let clerk = Actor::new(ActorKind::User, "user_7");
/// assert!(clerk.may_use_scope("payments:create"));
///
/// let till = Actor::new(ActorKind::ApiKey, "key_1").with_scopes(["payments:create"]);
/// assert!(till.may_use_scope("payments:create"));
/// assert!(!till.may_use_scope("payments:refund"));
///
/// let support = Actor::new(ActorKind::User, "support_1").on_behalf_of(clerk);
/// assert_eq!(support.principal().id(), "user_7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    kind: ActorKind,
    id: Arc<str>,
    scopes: Option<Arc<BTreeSet<Box<str>>>>,
    on_behalf_of: Option<Arc<Actor>>,
}

impl Actor {
    /// Names an actor that acts for itself, with all that it may do.
    pub fn new(kind: ActorKind, id: impl Into<Arc<str>>) -> Self {
        Self { kind, id: id.into(), scopes: None, on_behalf_of: None }
    }

    /// Narrows what its credential is good for; an empty list leaves nothing.
    pub fn with_scopes<S: Into<Box<str>>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(Arc::new(scopes.into_iter().map(Into::into).collect()));
        self
    }

    /// Narrows it to scopes that are shared, such as those of an API key's record.
    pub fn with_shared_scopes(mut self, scopes: Option<Arc<BTreeSet<Box<str>>>>) -> Self {
        self.scopes = scopes;
        self
    }

    /// Names whom it acts for: support in a customer's account, a service for its caller.
    pub fn on_behalf_of(mut self, principal: Self) -> Self {
        self.on_behalf_of = Some(Arc::new(principal));
        self
    }

    /// Returns the kind.
    pub const fn kind(&self) -> ActorKind {
        self.kind
    }

    /// Returns the id: unique within the tenant and the kind.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what its credential is good for; `None` when it is not narrowed.
    pub fn scopes(&self) -> Option<impl Iterator<Item = &str>> {
        self.scopes.as_ref().map(|scopes| scopes.iter().map(Box::as_ref))
    }

    /// Tells whether its credential is good for this. It says nothing about its roles.
    pub fn may_use_scope(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope))
    }

    /// Returns whom it acts for, if not for itself.
    pub fn acts_for(&self) -> Option<&Self> {
        self.on_behalf_of.as_deref()
    }

    /// Returns in whose place it acts: that of whom it acts for, else its own. What it may do is
    /// decided for both of them ([`access`](crate::access)).
    pub fn principal(&self) -> &Self {
        self.acts_for().unwrap_or(self)
    }
}
