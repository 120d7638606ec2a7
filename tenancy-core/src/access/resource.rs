use std::borrow::Cow;
use std::slice;

use super::Scope;
use crate::{Actor, ActorKind, TenantId};

/// Something that a decision is about: it tells where it lies, and whose it is.
///
/// It may lie in several places: a pupil in a class, in a department, and by itself for a
/// guardian's grant. A grant that covers one of them covers it; a forbid that is about one of
/// them is about it.
///
/// ```
/// use std::borrow::Cow;
/// use tenancy_core::TenantId;
/// use tenancy_core::access::{Owner, Resource, Scope};
///
/// struct Account { id: u32, tenant_id: TenantId, branch: u32, customer: String }
///
/// impl Resource for Account {
///     fn scopes(&self) -> Cow<'_, [Scope]> {
///         vec![Scope::TENANT.at("branch", self.branch).at("account", self.id)].into()
///     }
///     fn owner(&self) -> Owner<'_> {
///         Owner::user(&self.customer)
///     }
///     fn tenant(&self) -> Option<TenantId> {
///         Some(self.tenant_id)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say where it lies in its tenant",
    label = "access is decided on a `Scope` or a `Resource`",
    note = "write `impl Resource for {Self}` with its `scopes`, and its `owner` and `tenant` \
            where it knows them"
)]
pub trait Resource {
    /// Returns the places it lies in: what is asked about is each of them, with all below it.
    /// What lies nowhere is covered by grants for the whole tenant alone.
    fn scopes(&self) -> Cow<'_, [Scope]>;

    /// Returns whose it is.
    ///
    /// As long as that is unknown, no grant for own objects covers it, and every forbid for own
    /// objects is about it.
    fn owner(&self) -> Owner<'_> {
        Owner::Unknown
    }

    /// Returns its tenant, where it knows that: another tenant's is refused.
    fn tenant(&self) -> Option<TenantId> {
        None
    }
}

/// Whose something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// It cannot be told.
    Unknown,
    /// Nobody's: the program made it.
    Nobody,
    /// That of the actor with this kind and id.
    Actor(ActorKind, &'a str),
}

impl<'a> Owner<'a> {
    /// Names a user.
    pub const fn user(id: &'a str) -> Self {
        Self::Actor(ActorKind::User, id)
    }

    /// Names an actor: one who makes something and will own it.
    pub fn actor(actor: &'a Actor) -> Self {
        Self::Actor(actor.kind(), actor.id())
    }

    /// Tells whether it is this actor's; `None` when that cannot be told.
    pub(super) fn is(self, actor: &Actor) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Nobody => Some(false),
            Self::Actor(kind, id) => Some(kind == actor.kind() && id == actor.id()),
        }
    }
}

impl Resource for Scope {
    fn scopes(&self) -> Cow<'_, [Scope]> {
        Cow::Borrowed(slice::from_ref(self))
    }
}

impl<R: Resource + ?Sized> Resource for &R {
    fn scopes(&self) -> Cow<'_, [Scope]> {
        (**self).scopes()
    }

    fn owner(&self) -> Owner<'_> {
        (**self).owner()
    }

    fn tenant(&self) -> Option<TenantId> {
        (**self).tenant()
    }
}
