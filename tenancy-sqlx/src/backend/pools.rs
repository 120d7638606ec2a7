use tenancy_core::{Error, ErrorKind, TenantId};

#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite::{self, SqlitePools};
use super::transaction::{Access, Transaction};
use super::{Backend, Connection};
use crate::options::TenantDbOptions;

/// The connections of one database.
pub(crate) enum Pools {
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    #[cfg(feature = "sqlite")]
    Sqlite(SqlitePools),
}

impl Pools {
    /// Reads the URL; nothing is connected yet.
    pub(crate) fn new(url: &str, options: &TenantDbOptions) -> Result<Self, Error> {
        match url.split(':').next() {
            #[cfg(feature = "mysql")]
            Some("mysql" | "mariadb") => Ok(Self::MySql(mysql::pool(url, options)?)),
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => Ok(Self::Postgres(postgres::pool(url, options)?)),
            #[cfg(feature = "sqlite")]
            Some("sqlite") => Ok(Self::Sqlite(SqlitePools::new(url, options)?)),
            _ => Err(Error::new(
                ErrorKind::Misconfigured,
                "read the database URL: it must begin with postgres://, mysql:// or sqlite:, and \
                 the feature of that name must be on",
            )),
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

    /// Begins a transaction of a tenant, or of none: then no tenant's rows are in reach.
    pub(crate) async fn begin(
        &self,
        tenant: Option<TenantId>,
        access: Access,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => {
                // As on SQLite: there is no guard to tell it to.
                let _ = tenant;
                let begin = mysql::begin(access, options);
                let begin = Transaction::begin(pool, Some(begin), options.acquire_timeout);
                Ok(Connection::MySql(begin.await?))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let begin = postgres::begin(tenant, access, options);
                let transaction =
                    Transaction::begin(pool, Some(begin), options.acquire_timeout).await?;
                Ok(Connection::Postgres { transaction, prepared: options.prepared })
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => {
                // There is no guard to tell it to: every statement names the tenant.
                let _ = tenant;
                let (pool, begin) = (pools.pool(access), sqlite::begin(access));
                let begin = Transaction::begin(pool, begin, sqlite::patience(options));
                Ok(Connection::Sqlite(begin.await?))
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
