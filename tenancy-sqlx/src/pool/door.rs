use tenancy_core::TenantId;

use crate::backend::{Access, Backend};

/// What a connection of a tenant's own database is good for: those behind one door can stand in
/// for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Door {
    node: usize,
    tenant: TenantId,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// It takes reads and writes.
    Any,
    /// On SQLite a connection is opened for one of the two.
    Reader,
    Writer,
}

impl Door {
    /// `node` is the node's place among all.
    pub(super) fn new(backend: Backend, node: usize, tenant: TenantId, access: Access) -> Self {
        let kind = match (backend, access) {
            (Backend::Sqlite, Access::ReadOnly) => Kind::Reader,
            (Backend::Sqlite, Access::ReadWrite) => Kind::Writer,
            _ => Kind::Any,
        };
        Self { node, tenant, kind }
    }

    /// How many may be open at once, of a most that a tenant may have.
    pub(super) fn width(&self, most: usize) -> usize {
        match self.kind {
            Kind::Any | Kind::Reader => most,
            // SQLite lets one connection write at a time: the others wait here, in order.
            Kind::Writer => 1,
        }
    }
}
