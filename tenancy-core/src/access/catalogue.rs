use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::compiled::CompiledForbid;
use super::permission_set::PermissionSet;
use super::permission_table::PermissionTable;
use super::{Forbid, Permission, RoleCatalogueBuilder, RoleName};

/// The permissions and roles of a program, and what it forbids everybody. Cheap to clone.
///
/// It is built once. All permissions are declared, so that a pattern means a list that can be
/// read ([`role_permissions`](Self::role_permissions)), and a misspelt name is an error at start.
///
/// ```
/// use tenancy_core::access::{Forbid, Role, RoleCatalogue, RoleName, Scope};
///
/// let catalogue = RoleCatalogue::builder()
///     .resource("payments", ["view", "create"])
///     .resource("refunds", ["view", "create", "approve"])
///     .role(Role::new("viewer").may("*:view"))
///     .role(Role::new("operator").inherits("viewer").may("payments:*").may("refunds:create"))
///     .role(Role::new("approver").inherits("viewer").may("refunds:approve"))
///     .forbid(Forbid::new("maker_is_approver", "refunds:approve".parse()?, Scope::TENANT).only_own())
///     .build()?;
///
/// let operator = catalogue.role_permissions(&RoleName::parse("operator")?).unwrap();
/// let operator: Vec<&str> = operator.map(|permission| permission.as_str()).collect();
/// assert_eq!(operator, ["payments:create", "payments:view", "refunds:create", "refunds:view"]);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone)]
pub struct RoleCatalogue(Arc<Inner>);

pub(super) struct Inner {
    pub(super) table: PermissionTable,
    pub(super) roles: BTreeMap<RoleName, PermissionSet>,
    pub(super) forbids: Vec<CompiledForbid>,
}

impl RoleCatalogue {
    /// Begins a catalogue.
    pub fn builder() -> RoleCatalogueBuilder {
        RoleCatalogueBuilder::new()
    }

    pub(super) fn of(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Returns all permissions, in alphabetical order: to compare them with the routes, for
    /// example.
    pub fn permissions(&self) -> impl ExactSizeIterator<Item = &Permission> {
        self.0.table.permissions().iter()
    }

    /// Returns the names of the roles, in alphabetical order.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = &RoleName> {
        self.0.roles.keys()
    }

    /// Returns all that holders of a role may do, inherited or not; `None` when there is no such
    /// role.
    pub fn role_permissions(
        &self,
        role: &RoleName,
    ) -> Option<impl Iterator<Item = &Permission> + use<'_>> {
        let permissions = self.0.table.permissions();
        Some(self.role(role)?.places().filter_map(|place| permissions.get(place)))
    }

    /// Returns what is forbidden to everybody.
    pub fn forbids(&self) -> impl ExactSizeIterator<Item = &Forbid> {
        self.0.forbids.iter().map(|compiled| &compiled.forbid)
    }

    pub(super) fn table(&self) -> &PermissionTable {
        &self.0.table
    }

    pub(super) fn role(&self, name: &RoleName) -> Option<&PermissionSet> {
        self.0.roles.get(name)
    }

    pub(super) fn compiled_forbids(&self) -> &[CompiledForbid] {
        &self.0.forbids
    }
}

impl fmt::Debug for RoleCatalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleCatalogue")
            .field("permissions", &self.0.table.permissions().len())
            .field("roles", &self.0.roles.keys())
            .finish_non_exhaustive()
    }
}
