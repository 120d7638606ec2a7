use tenancy_core::TenantId;

/// Where a transaction goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// Its place in the list of nodes; the first is the one that was connected to.
    pub(crate) node: usize,
    pub(crate) room: Room,
}

/// Which tables of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Room {
    /// Those that tenants share.
    Shared,
    /// The schema of a tenant, over the shared connections.
    Schema(TenantId),
    /// The database of a tenant, over connections of its own.
    Database(TenantId),
}

impl Place {
    /// The shared tables of the first server.
    pub(crate) const MAIN: Self = Self { node: 0, room: Room::Shared };
}
