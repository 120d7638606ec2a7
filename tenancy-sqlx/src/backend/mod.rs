//! The one place that names sqlx's databases.

mod connection;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod decimal;
mod error;
mod fault;
mod lease;
#[cfg(feature = "mysql")]
mod mysql;
mod opening;
mod pools;
mod positions;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "postgres")]
mod postgres_opening;
#[cfg(feature = "postgres")]
mod postgres_position;
#[cfg(feature = "postgres")]
mod postgres_route;
#[cfg(feature = "postgres")]
mod postgres_session;
mod route;
mod row;
mod rows;
mod savepoints;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod transaction;
#[cfg(all(feature = "testing", any(feature = "mysql", feature = "postgres")))]
mod workshop;

pub(crate) use connection::Connection;
pub(crate) use lease::Lease;
pub(crate) use pools::{Begin, Pools, Shape, Slots, create_database};
pub(crate) use positions::Positions;
pub(crate) use route::Route;
pub(crate) use savepoints::SavepointId;
pub(crate) use transaction::Access;
#[cfg(all(feature = "testing", any(feature = "mysql", feature = "postgres")))]
pub(crate) use workshop::Workshop;

/// The databases that are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// `MySQL` 8 or later, `MariaDB` 10.11 or later.
    MySql,
    /// Postgres 15 or later.
    Postgres,
    /// SQLite 3, in a file or in memory.
    Sqlite,
}

impl Backend {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::MySql, Self::Postgres, Self::Sqlite];

    /// Returns the name people know.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MySql => "MySQL",
            Self::Postgres => "Postgres",
            Self::Sqlite => "SQLite",
        }
    }
}
