use sqlparser::dialect::{Dialect as Grammar, MySqlDialect, PostgreSqlDialect, SQLiteDialect};

use crate::backend::Backend;

/// The SQL that a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
    /// MariaDB too.
    MySql,
}

impl Dialect {
    pub(super) const fn of(backend: Backend) -> Self {
        match backend {
            Backend::MySql => Self::MySql,
            Backend::Postgres => Self::Postgres,
            Backend::Sqlite => Self::Sqlite,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "Postgres",
            Self::Sqlite => "SQLite",
            Self::MySql => "MySQL",
        }
    }

    pub(super) fn grammar(self) -> &'static dyn Grammar {
        match self {
            Self::Postgres => &PostgreSqlDialect {},
            Self::Sqlite => &SQLiteDialect {},
            Self::MySql => &MySqlDialect {},
        }
    }

    /// What stands around a name.
    pub(super) const fn quote(self) -> char {
        match self {
            Self::Postgres | Self::Sqlite => '"',
            // In double quotes it would be a text, unless the session says otherwise.
            Self::MySql => '`',
        }
    }

    /// The most parameters of one statement, the tenant's among them.
    pub(super) const fn max_parameters(self) -> usize {
        match self {
            // 16 bits in both protocols.
            Self::Postgres | Self::MySql => 65_535,
            // SQLITE_MAX_VARIABLE_NUMBER since 3.32.
            Self::Sqlite => 32_766,
        }
    }
}
