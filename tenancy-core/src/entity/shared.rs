use super::table::is_plain;
use super::{Column, FromTenantRow, FromValue, ToValue, Value};

/// A row of a table that all tenants share: currencies, countries, prices.
///
/// It has no tenant. Derived: see the `SharedEntity` macro of `tenancy_sqlx`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shared entity",
    note = "add `#[derive(SharedEntity)]` when its table belongs to no tenant",
    note = "rows of tenants are reached by `TenantDb::tenant` and `TenantDb::read` only"
)]
pub trait SharedEntity: FromTenantRow + Send + Sync + 'static {
    /// The key.
    type Key: ToValue + FromValue + Clone + Send + Sync + 'static;

    /// The table.
    const TABLE: SharedTable;

    /// Returns the key.
    fn key(&self) -> &Self::Key;

    /// Returns the values in the order of the table's columns.
    fn values(&self) -> Vec<Value>;
}

/// A table without tenants: its name, its columns and its key.
#[derive(Debug, Clone, Copy)]
pub struct SharedTable {
    name: &'static str,
    columns: &'static [Column],
    key: usize,
}

impl SharedTable {
    /// Describes a table; `key` is a position in `columns`.
    ///
    /// # Panics
    ///
    /// At compile time, when the position is outside `columns`, or when the name is no plain
    /// identifier.
    pub const fn new(name: &'static str, columns: &'static [Column], key: usize) -> Self {
        assert!(is_plain(name), "a table name must be plain: a-z, 0-9 and _, 63 at most");
        assert!(key < columns.len(), "a position is outside the columns");
        Self { name, columns, key }
    }

    /// Returns the table's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the columns, in the order of [`SharedEntity::values`].
    pub const fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Returns the position of the key's column.
    pub const fn key(&self) -> usize {
        self.key
    }
}
