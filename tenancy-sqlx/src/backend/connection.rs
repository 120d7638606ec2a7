use std::time::Duration;

use sqlx::SqlStr;
use tenancy_core::Error;
use tenancy_core::entity::{Row, Value};

use super::Backend;
#[cfg(feature = "postgres")]
use super::error::is_stale_plan;
#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "postgres")]
use super::postgres_opening::PgOpening;
use super::rows::Rows;
use super::savepoints::SavepointId;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::transaction::Transaction;

/// An open transaction on one of the databases.
pub(crate) enum Connection {
    #[cfg(feature = "mysql")]
    MySql(Transaction<sqlx::MySql>),
    #[cfg(feature = "postgres")]
    Postgres {
        transaction: Transaction<sqlx::Postgres>,
        /// Whether statements are prepared under a name, which poolers before 2023 cannot carry.
        prepared: bool,
        /// What it began with.
        begin: PgOpening,
        /// How long a begin may take.
        patience: Duration,
    },
    #[cfg(feature = "sqlite")]
    Sqlite(Transaction<sqlx::Sqlite>),
}

impl Connection {
    /// Returns which database it speaks to.
    pub(crate) const fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Backend::MySql,
            #[cfg(feature = "postgres")]
            Self::Postgres { .. } => Backend::Postgres,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
        }
    }

    /// Runs a statement and returns how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        doing: &'static str,
        sql: SqlStr,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => {
                let result = mysql::execute(transaction.enter().await?, sql, values).await;
                transaction.leave(doing, result)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, prepared, .. } => {
                let result =
                    postgres::execute(transaction.enter().await?, sql, values, *prepared).await;
                transaction.leave(doing, result)
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => {
                let result = sqlite::execute(transaction.enter().await?, sql, values).await;
                transaction.leave(doing, result)
            }
        }
    }

    /// Runs a statement and reads its rows. A row that cannot be read, or must not be, spoils
    /// the transaction like a failed statement.
    pub(crate) async fn fetch<T: Send>(
        &mut self,
        doing: &'static str,
        sql: SqlStr,
        values: Vec<Value>,
        read: impl Fn(&mut dyn Row) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let mut rows = Rows::new(&read);
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => {
                let done = mysql::fetch(transaction.enter().await?, sql, values, &mut rows).await;
                transaction.leave(doing, done)?;
                rows.finish().inspect_err(|_| transaction.spoil())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, prepared, begin, patience } => {
                let again = transaction.is_unused().then(|| (sql.clone(), values.clone()));
                let connection = transaction.enter().await?;
                let mut done = postgres::fetch(connection, sql, values, *prepared, &mut rows).await;
                if done.as_ref().is_err_and(is_stale_plan) {
                    if let Some((sql, values)) = again {
                        transaction.restart(begin.clone(), *patience).await?;
                        let connection = transaction.enter().await?;
                        done = postgres::fetch(connection, sql, values, *prepared, &mut rows).await;
                    } else {
                        // What it has prepared is of no more use to anybody.
                        transaction.close_after();
                    }
                }
                transaction.leave(doing, done)?;
                rows.finish().inspect_err(|_| transaction.spoil())
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => {
                let done = sqlite::fetch(transaction.enter().await?, sql, values, &mut rows).await;
                transaction.leave(doing, done)?;
                rows.finish().inspect_err(|_| transaction.spoil())
            }
        }
    }

    /// Runs a script of several statements, without values.
    ///
    /// On Postgres and `MySQL` nobody gets the connection afterwards: a script may change its
    /// settings, its role or its temporary tables. On SQLite there is nothing of the kind.
    pub(crate) async fn script(&mut self, doing: &'static str, sql: SqlStr) -> Result<(), Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => {
                transaction.close_after();
                let result = sqlx::raw_sql(sql).execute(transaction.enter().await?).await;
                transaction.leave(doing, result).map(drop)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, .. } => {
                transaction.close_after();
                let result = sqlx::raw_sql(sql).execute(transaction.enter().await?).await;
                transaction.leave(doing, result).map(drop)
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => {
                let result = sqlx::raw_sql(sql).execute(transaction.enter().await?).await;
                transaction.leave(doing, result).map(drop)
            }
        }
    }

    /// Lends the connection to sqlx; only Postgres can guard what is done with it.
    #[cfg(feature = "postgres")]
    pub(crate) async fn lend(&mut self) -> Result<&mut sqlx::PgConnection, Error> {
        match self {
            Self::Postgres { transaction, .. } => transaction.lend().await,
            #[cfg(any(feature = "mysql", feature = "sqlite"))]
            _ => {
                let message = "lend an executor: only Postgres guards what is done with one";
                Err(Error::new(tenancy_core::ErrorKind::Misconfigured, message))
            }
        }
    }

    pub(crate) async fn set_savepoint(&mut self) -> Result<SavepointId, Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.set_savepoint().await,
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, .. } => transaction.set_savepoint().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.set_savepoint().await,
        }
    }

    pub(crate) async fn release(&mut self, id: SavepointId) -> Result<(), Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.release(id).await,
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, .. } => transaction.release(id).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.release(id).await,
        }
    }

    pub(crate) async fn roll_back_to(&mut self, id: SavepointId) -> Result<(), Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.roll_back_to(id).await,
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, .. } => transaction.roll_back_to(id).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.roll_back_to(id).await,
        }
    }

    /// Rolls back to a savepoint before the next statement.
    pub(crate) fn give_up(&mut self, id: SavepointId) {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.give_up(id),
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, .. } => transaction.give_up(id),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.give_up(id),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.commit().await,
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, .. } => transaction.commit().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.commit().await,
        }
    }

    pub(crate) async fn rollback(self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.rollback().await,
            #[cfg(feature = "postgres")]
            Self::Postgres { transaction, .. } => transaction.rollback().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.rollback().await,
        }
    }
}
