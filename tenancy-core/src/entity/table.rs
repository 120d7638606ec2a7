use super::Kind;

/// A column of a tenant table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    kind: Kind,
    nullable: bool,
    choices: &'static [&'static str],
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
        Self { name, kind, nullable, choices: &[] }
    }

    /// Names the only texts that it holds, as [`ToValue::CHOICES`](super::ToValue::CHOICES).
    pub const fn with_choices(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
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

    /// Returns the only texts that it holds; none when it holds any.
    pub const fn choices(&self) -> &'static [&'static str] {
        self.choices
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
    created_at: Option<usize>,
    updated_at: Option<usize>,
    deleted_at: Option<usize>,
    deleted_by: Option<usize>,
    uniques: &'static [&'static [usize]],
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
        Self {
            name,
            columns,
            tenant,
            key,
            version: None,
            created_at: None,
            updated_at: None,
            deleted_at: None,
            deleted_by: None,
            uniques: &[],
        }
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

    /// Names the column that holds when a row was inserted.
    ///
    /// # Panics
    ///
    /// At compile time, when the position is outside the columns or the column holds no time.
    pub const fn with_created_at(mut self, at: usize) -> Self {
        self.created_at = Some(self.time_at(at));
        self
    }

    /// Names the column that holds when a row was last changed.
    ///
    /// # Panics
    ///
    /// As [`with_created_at`](Self::with_created_at).
    pub const fn with_updated_at(mut self, at: usize) -> Self {
        self.updated_at = Some(self.time_at(at));
        self
    }

    /// Names the column that holds when a row was deleted: a delete sets it, and rows that have
    /// it are hidden.
    ///
    /// # Panics
    ///
    /// As [`with_created_at`](Self::with_created_at), and when the column cannot be null.
    pub const fn with_soft_delete(mut self, at: usize) -> Self {
        self.deleted_at = Some(self.time_at(at));
        assert!(self.columns[at].nullable, "a row that is not deleted needs null there");
        self
    }

    /// Names the column that holds who deleted a row.
    ///
    /// # Panics
    ///
    /// At compile time, when the position is outside the columns, when the column holds no text
    /// or cannot be null, or before [`with_soft_delete`](Self::with_soft_delete).
    pub const fn with_deleted_by(mut self, at: usize) -> Self {
        assert!(at < self.columns.len(), "a position is outside the columns");
        assert!(self.deleted_at.is_some(), "only a soft delete leaves who did it");
        assert!(matches!(self.columns[at].kind, Kind::Text), "who deleted a row is a text");
        assert!(self.columns[at].nullable, "a row that is not deleted needs null there");
        self.deleted_by = Some(at);
        self
    }

    /// Declares rules that no two rows of a tenant share the values of some columns. The database
    /// has a unique index for each, on the tenant's column and these.
    ///
    /// # Panics
    ///
    /// At compile time, when a rule is empty, names the tenant, or a position is outside the
    /// columns.
    pub const fn with_uniques(mut self, uniques: &'static [&'static [usize]]) -> Self {
        let mut rule = 0;
        while rule < uniques.len() {
            let columns = uniques[rule];
            assert!(!columns.is_empty(), "a unique rule names at least one column");
            let mut at = 0;
            while at < columns.len() {
                assert!(columns[at] < self.columns.len(), "a position is outside the columns");
                assert!(columns[at] != self.tenant, "every rule is within a tenant by itself");
                at += 1;
            }
            rule += 1;
        }
        self.uniques = uniques;
        self
    }

    const fn time_at(&self, at: usize) -> usize {
        assert!(at < self.columns.len(), "a position is outside the columns");
        assert!(matches!(self.columns[at].kind, Kind::Time), "the column must hold a time");
        at
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

    /// Returns the position of the column that holds when a row was inserted, if there is one.
    pub const fn created_at(&self) -> Option<usize> {
        self.created_at
    }

    /// Returns the position of the column that holds when a row was changed, if there is one.
    pub const fn updated_at(&self) -> Option<usize> {
        self.updated_at
    }

    /// Returns the position of the column that holds when a row was deleted, if there is one.
    pub const fn deleted_at(&self) -> Option<usize> {
        self.deleted_at
    }

    /// Returns the position of the column that holds who deleted a row, if there is one.
    pub const fn deleted_by(&self) -> Option<usize> {
        self.deleted_by
    }

    /// Returns the rules that hold within a tenant, each as positions of columns.
    pub const fn uniques(&self) -> &'static [&'static [usize]] {
        self.uniques
    }

    /// Tells whether the library writes the column and an application does not: the tenant, the
    /// key, the version and the columns it keeps.
    pub const fn is_kept(&self, column: usize) -> bool {
        const fn is(kept: Option<usize>, column: usize) -> bool {
            matches!(kept, Some(kept) if kept == column)
        }
        column == self.tenant
            || column == self.key
            || is(self.version, column)
            || is(self.created_at, column)
            || is(self.updated_at, column)
            || is(self.deleted_at, column)
            || is(self.deleted_by, column)
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
