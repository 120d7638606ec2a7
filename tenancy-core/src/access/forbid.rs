use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{PermissionPattern, Scope};

/// What nobody's grants can permit: a pattern of permissions, where, and from when until when.
///
/// A forbid always wins. It is about what lies within its scope, and about what its scope lies
/// within: who may not see one account of a branch cannot be permitted to see all of them.
///
/// One of an actor comes with its [`Grants`](super::Grants), such as a custody order about one
/// child; one for everybody stands in the [`RoleCatalogue`](super::RoleCatalogue), such as
/// the rule of four eyes. One that names no declared permission forbids everything in its scope
/// until somebody looks at it: a permission was renamed, and nobody thought of the forbid.
///
/// ```
/// use tenancy_core::access::{Forbid, Scope};
///
/// let four_eyes = Forbid::new("maker_is_approver", "refunds:approve".parse()?, Scope::TENANT).only_own();
/// let stored = r#"{
///     "id": "maker_is_approver", "permission": "refunds:approve", "scope": "tenant", "only_own": true
/// }"#;
/// assert_eq!(serde_json::from_str::<Forbid>(stored).unwrap(), four_eyes);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbid {
    id: Arc<str>,
    permission: PermissionPattern,
    scope: Scope,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    only_own: bool,
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<OffsetDateTime>,
}

impl Forbid {
    /// Forbids permissions within a scope, for good.
    pub fn new(id: impl Into<Arc<str>>, permission: PermissionPattern, scope: Scope) -> Self {
        let id = id.into();
        Self { id, permission, scope, only_own: false, valid_from: None, valid_until: None }
    }

    /// Narrows it to what the actor [owns](super::Resource::owner), or might own.
    pub fn only_own(mut self) -> Self {
        self.only_own = true;
        self
    }

    /// Sets when it begins.
    pub fn valid_from(mut self, from: OffsetDateTime) -> Self {
        self.valid_from = Some(from);
        self
    }

    /// Sets when it ends: at that time it forbids nothing any more.
    pub fn valid_until(mut self, until: OffsetDateTime) -> Self {
        self.valid_until = Some(until);
        self
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what it forbids.
    pub const fn permission(&self) -> &PermissionPattern {
        &self.permission
    }

    /// Returns where.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Tells whether it is about the actor's own objects only.
    pub const fn is_only_own(&self) -> bool {
        self.only_own
    }

    /// Returns when it begins and when it ends, where it does.
    pub const fn validity(&self) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
        (self.valid_from, self.valid_until)
    }
}
