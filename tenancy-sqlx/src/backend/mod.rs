//! The one place that names sqlx's databases.

mod connection;
mod error;
mod fault;
mod pools;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod row;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod transaction;

pub(crate) use connection::Connection;
pub(crate) use pools::Pools;
pub(crate) use transaction::Access;

/// The databases that are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// Postgres 15 or later.
    Postgres,
    /// SQLite 3, in a file or in memory.
    Sqlite,
}

impl Backend {
    /// Returns the name people know.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "Postgres",
            Self::Sqlite => "SQLite",
        }
    }
}
