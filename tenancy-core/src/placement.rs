//! Where a tenant's data lives.

/// How a tenant's rows are kept apart from others'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// In shared tables, by a tenant column; on Postgres also by row-level security.
    Row,
}

/// Where a tenant's data lives, and how it is kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    isolation: Isolation,
}

impl Placement {
    /// In shared tables.
    pub const fn row() -> Self {
        Self { isolation: Isolation::Row }
    }

    /// Returns how rows are kept apart.
    pub const fn isolation(&self) -> Isolation {
        self.isolation
    }
}
