//! What an actor may do: roles, grants, forbids, and decisions that say what decided.
//!
//! All of it is pure: no I/O, no clock. A [`RoleCatalogue`] says, once for the program, which
//! [`Permission`]s there are and what each role may do. A [`GrantSource`] finds what an actor was
//! given at a tenant: [`Grant`]s that add up, and [`Forbid`]s that always win, each with a
//! [`Scope`] down to one object's id and a validity. [`Access`] puts them together and decides.
//!
//! ```
//! use tenancy_core::access::{
//!     Access, AccessDecision, Forbid, Grant, Grants, Permission, Role, RoleCatalogue, RoleName, Scope,
//! };
//! use tenancy_core::{Actor, ActorKind, TenantId};
//! use time::macros::datetime;
//!
//! let catalogue = RoleCatalogue::builder()
//!     .resource("grades", ["view", "update"])
//!     .resource("medical", ["view"])
//!     .role(Role::new("reader").may("*:view"))
//!     .role(Role::new("teacher").inherits("reader").may("grades:update"))
//!     .build()?;
//!
//! let (school, tom) = (TenantId::generate(), Actor::new(ActorKind::User, "tom"));
//! let class = Scope::TENANT.at("class", "9a");
//! let term = Grant::role("grant_1", RoleName::parse("teacher")?, class.clone())
//!     .valid_until(datetime!(2026-12-18 00:00 UTC));
//! let grants = Grants::of(school, &tom)
//!     .with(term)
//!     .with_forbid(Forbid::new("forbid_1", "medical:*".parse()?, Scope::TENANT));
//! let access = Access::new(&catalogue, school, &tom, [grants])?;
//!
//! let update = Permission::parse("grades:update")?;
//! let lily = class.at("student", 17);
//! let decision = access.decide(&update, &lily, datetime!(2026-12-17 23:59 UTC));
//! let AccessDecision::Permitted(permit) = decision else { panic!("{decision:?}") };
//! assert_eq!(permit.grant().id(), "grant_1");
//!
//! // In another class, after the term, or where something forbids it: no.
//! let other = Scope::TENANT.at("class", "9ab").at("student", 18);
//! let now = datetime!(2026-12-01 09:00 UTC);
//! assert!(!access.decide(&update, &other, now).is_permitted());
//! assert!(!access.decide(&update, &lily, datetime!(2026-12-18 00:00 UTC)).is_permitted());
//! let medical = Permission::parse("medical:view")?;
//! assert_eq!(access.decide(&medical, &lily, now).decided_by(), Some("forbid_1"));
//! # Ok::<(), tenancy_core::Error>(())
//! ```
//!
//! # What permits
//!
//! A permission is decided on something: a [`Resource`], or the [`Scope`] of one. All of these
//! must hold, in this order:
//!
//! 1. the permission is declared in the catalogue, and the resource is not another tenant's;
//! 2. the credential is good for it: [`Actor::may_use_scope`](crate::Actor::may_use_scope);
//! 3. no forbid is about it, neither one of the actor's nor one of the catalogue's;
//! 4. a grant that is valid, gives the permission and covers the resource.
//!
//! Who acts for somebody else needs all of that twice: what it may do itself, narrowed to what
//! the other may do. So support that acts for a customer can do no more than either of them.
//!
//! # Own objects, four eyes
//!
//! [`Grant::only_own`] narrows a grant to what the actor owns. The same on a [`Forbid`] is the
//! rule of four eyes: nobody approves what is his own.

mod capability;
mod catalogue;
mod catalogue_builder;
mod compiled;
mod decide;
mod decision;
mod forbid;
mod grant;
mod grants;
mod memory;
mod pattern;
mod permission;
mod permission_set;
mod permission_table;
mod resource;
mod rights;
mod role;
mod scope;
mod source;
mod validity;

pub use capability::Capability;
pub use catalogue::RoleCatalogue;
pub use catalogue_builder::RoleCatalogueBuilder;
pub use decide::Access;
pub use decision::{AccessDecision, Permit};
pub use forbid::Forbid;
pub use grant::{Given, Grant};
pub use grants::Grants;
pub use memory::MemoryGrants;
pub use pattern::PermissionPattern;
pub use permission::Permission;
pub use resource::{Owner, Resource};
pub use role::{Role, RoleName};
pub use scope::Scope;
pub use source::GrantSource;
