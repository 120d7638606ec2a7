use super::{Forbid, Grant, Permission};
use crate::{Actor, Error, ErrorKind};

/// Whether something is permitted, and which grant or forbid decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a decision that nobody looks at refuses nobody"]
pub enum AccessDecision<'a> {
    /// A grant permits it.
    Permitted(Permit<'a>),
    /// A forbid is about it.
    Forbidden(&'a Forbid),
    /// No grant of this actor permits it.
    NotGranted(&'a Actor),
    /// The credential of this actor is not good for it, whatever its grants say.
    CredentialTooNarrow(&'a Actor),
    /// What it is about belongs to another tenant.
    ForeignResource,
    /// The catalogue has no such permission.
    Undeclared,
}

/// The grants that permit something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit<'a> {
    pub(super) grant: &'a Grant,
    pub(super) principal: Option<&'a Grant>,
}

impl<'a> Permit<'a> {
    /// Returns the actor's grant. Of several that permit it is the one whose id is the first.
    pub const fn grant(&self) -> &'a Grant {
        self.grant
    }

    /// Returns the grant of the one whom the actor acts for, if it acts for somebody.
    pub const fn principal_grant(&self) -> Option<&'a Grant> {
        self.principal
    }
}

impl<'a> AccessDecision<'a> {
    /// Tells whether it is permitted.
    pub const fn is_permitted(&self) -> bool {
        matches!(self, Self::Permitted(_))
    }

    /// Returns the id of the grant or of the forbid that decided, if one did.
    pub fn decided_by(&self) -> Option<&'a str> {
        match self {
            Self::Permitted(permit) => Some(permit.grant.id()),
            Self::Forbidden(forbid) => Some(forbid.id()),
            _ => None,
        }
    }

    /// Returns the name for logs and audit events.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Permitted(_) => "permitted",
            Self::Forbidden(_) => "forbidden",
            Self::NotGranted(_) => "not_granted",
            Self::CredentialTooNarrow(_) => "credential_too_narrow",
            Self::ForeignResource => "foreign_resource",
            Self::Undeclared => "undeclared",
        }
    }

    /// Passes only when it is permitted.
    ///
    /// The message names the permission that was asked for. It does not tell a forbid from a
    /// missing grant: that there is a forbid may be none of the caller's business.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`]; [`ErrorKind::ForeignTenant`] for what belongs to another tenant;
    /// [`ErrorKind::Misconfigured`] for a permission that the catalogue does not have.
    pub fn require(self, permission: &Permission) -> Result<Permit<'a>, Error> {
        match self {
            Self::Permitted(permit) => Ok(permit),
            Self::Forbidden(_) | Self::NotGranted(_) => {
                let message = format!("do {permission}: this is not permitted");
                Err(Error::new(ErrorKind::Forbidden, message))
            }
            Self::CredentialTooNarrow(_) => {
                let message = format!("do {permission}: the credential's scopes do not include it");
                Err(Error::new(ErrorKind::Forbidden, message))
            }
            Self::ForeignResource => {
                let message = "decide on access to something: it belongs to another tenant";
                Err(Error::new(ErrorKind::ForeignTenant, message))
            }
            Self::Undeclared => Err(undeclared(permission)),
        }
    }
}

fn undeclared(permission: &Permission) -> Error {
    let message = format!("decide on {permission}: declare it in the RoleCatalogue");
    Error::new(ErrorKind::Misconfigured, message)
}
