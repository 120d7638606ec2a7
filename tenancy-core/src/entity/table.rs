use super::Kind;

/// A column of a tenant table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    kind: Kind,
    nullable: bool,
}

impl Column {
    /// Describes a column.
    ///
    /// # Panics
    ///
    /// At compile time, when the name is no plain identifier: 1 to 63 of `a-z`, `0-9` and `_`,
    /// not starting with a digit.
    pub const fn new(name: &'static str, kind: Kind, nullable: bool) -> Self {
        assert!(is_plain(name), "a column name must be plain: a-z, 0-9 and _, 63 at most");
        Self { name, kind, nullable }
    }

    /// Returns the name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the type.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Tells whether it may hold null.
    pub const fn is_nullable(&self) -> bool {
        self.nullable
    }
}

/// A tenant table: its name, its columns, and which of them mean something to the library.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    name: &'static str,
    columns: &'static [Column],
    tenant: usize,
    key: usize,
    version: Option<usize>,
}

impl Table {
    /// Describes a table; `tenant` and `key` are positions in `columns`.
    ///
    /// The table's primary key must be the tenant and the key together.
    ///
    /// # Panics
    ///
    /// At compile time, when a position is outside `columns`, when both are the same, when the
    /// tenant's column is no UUID, or when the name is no plain identifier.
    pub const fn new(
        name: &'static str,
        columns: &'static [Column],
        tenant: usize,
        key: usize,
    ) -> Self {
        assert!(is_plain(name), "a table name must be plain: a-z, 0-9 and _, 63 at most");
        assert!(tenant < columns.len() && key < columns.len(), "a position is outside the columns");
        assert!(tenant != key, "the tenant cannot be the key");
        assert!(matches!(columns[tenant].kind, Kind::Uuid), "the tenant's column must be a UUID");
        Self { name, columns, tenant, key, version: None }
    }

    /// Names the column that counts changes, so that an update never overwrites one unseen.
    ///
    /// # Panics
    ///
    /// At compile time, when the position is outside the columns or the column is no integer.
    pub const fn with_version(mut self, version: usize) -> Self {
        assert!(version < self.columns.len(), "a position is outside the columns");
        assert!(matches!(self.columns[version].kind, Kind::Int), "a version must be an integer");
        self.version = Some(version);
        self
    }

    /// Returns the table's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the columns, in the order of [`TenantEntity::values`](super::TenantEntity::values).
    pub const fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Returns the position of the tenant's column.
    pub const fn tenant(&self) -> usize {
        self.tenant
    }

    /// Returns the position of the key's column.
    pub const fn key(&self) -> usize {
        self.key
    }

    /// Returns the position of the version's column, if there is one.
    pub const fn version(&self) -> Option<usize> {
        self.version
    }
}

pub(super) const fn is_plain(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > 63 || bytes[0].is_ascii_digit() {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return false;
        }
        at += 1;
    }
    true
}
