use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Permission, RoleName, Scope};
use crate::Error;

/// What an actor was given: a role or permissions, where, and from when until when.
///
/// Grants add up; each permits and none refuses. The id is what decisions name, unique among the
/// grants of an actor. The beginning of its validity belongs to it, the end does not.
///
/// It is stored as JSON with these fields; unknown ones are refused, and so is a missing scope.
///
/// ```
/// use tenancy_core::access::{Grant, RoleName, Scope};
/// use time::macros::datetime;
///
/// let grant = Grant::role("grant_1", RoleName::parse("teacher")?, Scope::TENANT.at("class", "9a"))
///     .valid_until(datetime!(2026-12-18 00:00 UTC));
/// let stored = r#"{
///     "id": "grant_1", "role": "teacher", "scope": "class/9a", "valid_until": "2026-12-18T00:00:00Z"
/// }"#;
/// assert_eq!(serde_json::from_str::<Grant>(stored).unwrap(), grant);
///
/// let everywhere = stored.replace("\"class/9a\"", "\"\"");
/// assert!(serde_json::from_str::<Grant>(&everywhere).is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredGrant", into = "StoredGrant")]
pub struct Grant {
    id: Arc<str>,
    given: Given,
    scope: Scope,
    only_own: bool,
    valid_from: Option<OffsetDateTime>,
    valid_until: Option<OffsetDateTime>,
}

/// What a grant gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Given {
    /// All that holders of a role may do.
    Role(RoleName),
    /// These permissions: those of a role that a tenant made up itself, for example.
    Permissions(Vec<Permission>),
}

impl Grant {
    /// Gives a role, within a scope, for good.
    pub fn role(id: impl Into<Arc<str>>, role: RoleName, scope: Scope) -> Self {
        Self::new(id.into(), Given::Role(role), scope)
    }

    /// Gives permissions, within a scope, for good.
    pub fn permissions(
        id: impl Into<Arc<str>>,
        permissions: impl IntoIterator<Item = Permission>,
        scope: Scope,
    ) -> Self {
        Self::new(id.into(), Given::Permissions(permissions.into_iter().collect()), scope)
    }

    const fn new(id: Arc<str>, given: Given, scope: Scope) -> Self {
        Self { id, given, scope, only_own: false, valid_from: None, valid_until: None }
    }

    /// Narrows it to what the actor [owns](super::Resource::owner).
    pub fn only_own(mut self) -> Self {
        self.only_own = true;
        self
    }

    /// Sets when it begins.
    pub fn valid_from(mut self, from: OffsetDateTime) -> Self {
        self.valid_from = Some(from);
        self
    }

    /// Sets when it ends: at that time it permits nothing any more.
    pub fn valid_until(mut self, until: OffsetDateTime) -> Self {
        self.valid_until = Some(until);
        self
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id, to be kept longer than the grant.
    pub fn shared_id(&self) -> Arc<str> {
        self.id.clone()
    }

    /// Returns what it gives.
    pub const fn given(&self) -> &Given {
        &self.given
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredGrant {
    id: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<RoleName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<Permission>>,
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

impl TryFrom<StoredGrant> for Grant {
    type Error = Error;

    fn try_from(stored: StoredGrant) -> Result<Self, Error> {
        let StoredGrant { id, role, permissions, scope, only_own, valid_from, valid_until } =
            stored;
        let given = match (role, permissions) {
            (Some(role), None) => Given::Role(role),
            (None, Some(permissions)) => Given::Permissions(permissions),
            _ => {
                let message = "read a grant: either a role or permissions are expected";
                return Err(Error::invalid("role", message));
            }
        };
        Ok(Self { id, given, scope, only_own, valid_from, valid_until })
    }
}

impl From<Grant> for StoredGrant {
    fn from(grant: Grant) -> Self {
        let Grant { id, given, scope, only_own, valid_from, valid_until } = grant;
        let (role, permissions) = match given {
            Given::Role(role) => (Some(role), None),
            Given::Permissions(permissions) => (None, Some(permissions)),
        };
        Self { id, role, permissions, scope, only_own, valid_from, valid_until }
    }
}
