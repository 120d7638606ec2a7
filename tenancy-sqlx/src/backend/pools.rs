use std::borrow::Cow;
use std::time::Duration;

use tenancy_core::{Error, ErrorKind, TenantId};

#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite::{self, SqlitePools};
use super::transaction::{Access, Transaction};
use super::{Backend, Connection, Lease};
use crate::binding::Binding;
use crate::options::TenantDbOptions;

/// Connections to one address.
#[cfg_attr(feature = "probe", derive(Clone))]
pub(crate) enum Pools {
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    #[cfg(feature = "sqlite")]
    Sqlite(SqlitePools),
}

/// What connections are opened for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// As many as the options say, to the database that the URL names.
    Shared,
    /// One, to the same.
    #[cfg(feature = "probe")]
    One,
    /// One, to the database of a tenant.
    Lane {
        owner: TenantId,
        /// What SQLite's connection is good for; others take both.
        access: Access,
    },
}

/// How many transactions connections serve at once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slots {
    /// Each serves readers and writers.
    Alike(usize),
    OneWriter {
        readers: usize,
    },
}

/// How a transaction begins.
pub(crate) struct Begin<'a> {
    /// Without one no tenant's rows are in reach.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) access: Access,
    /// The schema whose tables are meant, where there are schemas.
    pub(crate) schema: Cow<'a, str>,
    /// How the database learns the tenant.
    pub(crate) binding: Binding,
    /// How long a statement may take, where the database can be told.
    pub(crate) statement_timeout: Duration,
}

impl Begin<'static> {
    /// Of no tenant, to read what the usual schema has.
    pub(crate) fn reading(options: &TenantDbOptions) -> Self {
        Self {
            tenant: None,
            access: Access::ReadOnly,
            schema: options.schema.into(),
            binding: Binding::Transaction,
            statement_timeout: options.statement_timeout,
        }
    }
}

impl Pools {
    /// Reads the URL; nothing is connected yet.
    pub(crate) fn new(url: &str, shape: Shape, options: &TenantDbOptions) -> Result<Self, Error> {
        match url.split(':').next() {
            #[cfg(feature = "mysql")]
            Some("mysql" | "mariadb") => Ok(Self::MySql(mysql::pool(url, shape, options)?)),
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => {
                Ok(Self::Postgres(postgres::pool(url, shape, options)?))
            }
            #[cfg(feature = "sqlite")]
            Some("sqlite") => Ok(Self::Sqlite(SqlitePools::new(url, shape, options)?)),
            _ => Err(unreadable()),
        }
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Backend::MySql,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
        }
    }

    /// Tells whether there can be no others to the same database.
    #[cfg(feature = "probe")]
    pub(crate) fn is_in_memory(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => pools.is_in_memory(),
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            _ => false,
        }
    }

    /// The tenant that a connection names outside of any transaction; nothing where the database is
    /// not told.
    #[cfg(feature = "probe")]
    pub(crate) async fn setting_at_rest(&self) -> Result<Option<String>, Error> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => postgres::setting_at_rest(pool).await,
            #[cfg(any(feature = "mysql", feature = "sqlite"))]
            _ => Ok(None),
        }
    }

    /// How many transactions shared ones serve at once.
    pub(crate) fn slots(&self) -> Slots {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => Slots::Alike(pool.options().get_max_connections() as usize),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Slots::Alike(pool.options().get_max_connections() as usize),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => pools.slots(),
        }
    }

    /// Begins a transaction; `lease` is given back when it has ended.
    pub(crate) async fn begin(
        &self,
        begin: Begin<'_>,
        lease: Lease,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => {
                // As on SQLite: there is no guard to tell the tenant to.
                let statement = mysql::begin(begin.access, begin.statement_timeout);
                let patience = options.connect_timeout;
                let transaction = Transaction::begin(pool, Some(statement), patience, lease);
                Ok(Connection::MySql(transaction.await?))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let begin = postgres::opening(&begin, options);
                let (prepared, patience) = (options.prepared, options.connect_timeout);
                let transaction = Transaction::begin(pool, begin.clone(), patience, lease).await?;
                Ok(Connection::Postgres { transaction, prepared, begin, patience })
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => {
                // There is no guard to tell the tenant to: every statement names it.
                let (pool, statement) = (pools.pool(begin.access), sqlite::begin(begin.access));
                let patience = sqlite::patience(options);
                let transaction = Transaction::begin(pool, statement, patience, lease);
                Ok(Connection::Sqlite(transaction.await?))
            }
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.close().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => pools.close().await,
        }
    }
}

/// Makes the database of a tenant on a server, unless it is there.
pub(crate) async fn create_database(
    url: &str,
    owner: TenantId,
    options: &TenantDbOptions,
) -> Result<(), Error> {
    match url.split(':').next() {
        #[cfg(feature = "mysql")]
        Some("mysql" | "mariadb") => mysql::create_database(url, owner, options).await,
        #[cfg(feature = "postgres")]
        Some("postgres" | "postgresql") => postgres::create_database(url, owner, options).await,
        #[cfg(feature = "sqlite")]
        Some("sqlite") => sqlite::create_database(url, owner, options).await,
        _ => Err(unreadable()),
    }
}

fn unreadable() -> Error {
    Error::new(
        ErrorKind::Misconfigured,
        "read the database URL: it must begin with postgres://, mysql:// or sqlite:, and the \
         feature of that name must be on",
    )
}
