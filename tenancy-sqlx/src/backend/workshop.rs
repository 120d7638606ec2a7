//! A server on which databases are made and dropped, for tests.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tenancy_core::{Error, ErrorKind};
use tokio::time::timeout;

use super::error::from_sqlx;
use crate::ident::is_plain;
use crate::options::TenantDbOptions;

const DOING: &str = "make a database for a test";

/// One connection outside of any pool.
pub(crate) struct Workshop {
    inner: Inner,
    patience: Duration,
}

enum Inner {
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlConnection),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgConnection),
}

impl Workshop {
    pub(crate) async fn open(url: &str, options: &TenantDbOptions) -> Result<Self, Error> {
        // A template is copied file by file, and others wait for it.
        let patience = options.connect_timeout + options.statement_timeout * 4;
        let connect = async {
            match url.split(':').next() {
                #[cfg(feature = "mysql")]
                Some("mysql" | "mariadb") => {
                    sqlx::MySqlConnection::connect(url).await.map(Inner::MySql)
                }
                #[cfg(feature = "postgres")]
                Some("postgres" | "postgresql") => {
                    sqlx::PgConnection::connect(url).await.map(Inner::Postgres)
                }
                _ => Err(sqlx::Error::Configuration("its scheme is none of those built in".into())),
            }
        };
        let inner = timeout(options.connect_timeout, connect)
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
            .map_err(|error| from_sqlx(DOING, error))?;
        Ok(Self { inner, patience })
    }

    /// Tells whether one database can be copied from another.
    pub(crate) const fn copies(&self) -> bool {
        match &self.inner {
            #[cfg(feature = "mysql")]
            Inner::MySql(_) => false,
            #[cfg(feature = "postgres")]
            Inner::Postgres(_) => true,
        }
    }

    /// Waits until nobody else on this server has the lock of a name. It ends with the connection.
    pub(crate) async fn lock(&mut self, name: &str) -> Result<(), Error> {
        self.run(format!("SELECT pg_advisory_lock(hashtextextended('{}', 0))", plain(name)?)).await
    }

    pub(crate) async fn has(&mut self, name: &str) -> Result<bool, Error> {
        match &mut self.inner {
            #[cfg(feature = "mysql")]
            Inner::MySql(_) => Ok(false),
            #[cfg(feature = "postgres")]
            Inner::Postgres(connection) => {
                let sql = "SELECT count(*) FROM pg_database WHERE datname = $1";
                let count = sqlx::query_scalar::<_, i64>(sql).bind(name).fetch_one(connection);
                Ok(count.await.map_err(|error| from_sqlx(DOING, error))? > 0)
            }
        }
    }

    /// Makes a database, empty or as a copy of another.
    pub(crate) async fn create(&mut self, name: &str, template: Option<&str>) -> Result<(), Error> {
        let name = plain(name)?;
        let sql = match (self.copies(), template) {
            (true, Some(template)) => {
                format!("CREATE DATABASE {name} TEMPLATE {}", plain(template)?)
            }
            (true, None) => format!("CREATE DATABASE {name}"),
            (false, _) => {
                format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
            }
        };
        self.run(sql).await
    }

    pub(crate) async fn rename(&mut self, from: &str, to: &str) -> Result<(), Error> {
        self.run(format!("ALTER DATABASE {} RENAME TO {}", plain(from)?, plain(to)?)).await
    }

    /// Drops a database, whoever is connected to it.
    pub(crate) async fn remove(&mut self, name: &str) -> Result<(), Error> {
        let force = if self.copies() { " WITH (FORCE)" } else { "" };
        if !self.copies() {
            self.disconnect_all(name).await?;
        }
        self.run(format!("DROP DATABASE IF EXISTS {}{force}", plain(name)?)).await
    }

    /// Ends the own connections to a database: `MySQL` would wait for their transactions.
    async fn disconnect_all(&mut self, name: &str) -> Result<(), Error> {
        let _ = name;
        match &mut self.inner {
            #[cfg(feature = "mysql")]
            Inner::MySql(connection) => {
                let sql =
                    "SELECT CAST(id AS UNSIGNED) FROM information_schema.processlist WHERE db = ?";
                let ids = sqlx::query_scalar::<_, u64>(sql).bind(name).fetch_all(&mut *connection);
                for id in ids.await.map_err(|error| from_sqlx(DOING, error))? {
                    // It may have ended meanwhile.
                    let kill = AssertSqlSafe(format!("KILL {id}"));
                    let _ = connection.execute(sqlx::raw_sql(kill)).await;
                }
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Inner::Postgres(_) => Ok(()),
        }
    }

    pub(crate) async fn close(self) {
        match self.inner {
            #[cfg(feature = "mysql")]
            Inner::MySql(connection) => drop(connection.close().await),
            #[cfg(feature = "postgres")]
            Inner::Postgres(connection) => drop(connection.close().await),
        }
    }

    /// Runs a statement that was made of plain names.
    async fn run(&mut self, sql: String) -> Result<(), Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        let done = async {
            match &mut self.inner {
                #[cfg(feature = "mysql")]
                Inner::MySql(connection) => connection.execute(sql).await.map(drop),
                #[cfg(feature = "postgres")]
                Inner::Postgres(connection) => connection.execute(sql).await.map(drop),
            }
        };
        let done = timeout(self.patience, done).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        done.map_err(|error| from_sqlx(DOING, error))
    }
}

fn plain(name: &str) -> Result<&str, Error> {
    if is_plain(name) {
        return Ok(name);
    }
    Err(Error::new(ErrorKind::Internal, "make a database for a test: its name is not plain"))
}
