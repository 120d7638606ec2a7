use sha2::{Digest as _, Sha256};
use sqlx::{SqlSafeStr as _, SqlStr};
use tenancy_core::{Error, ErrorKind};

use crate::backend::Backend;

/// One step of the schema: a script that runs once, in a transaction of its own.
///
/// Keep scripts in files and never change one that has run anywhere: its checksum is stored.
///
/// On `MySQL` a statement that changes a table commits: a script that fails behind one has
/// happened in part, and the next [`migrate`](crate::TenantDb::migrate) says so. Change one table
/// in each step there. Scripts are read in the mode `ANSI_QUOTES`: `"name"` is an identifier.
///
/// ```
/// use tenancy_sqlx::Migration;
///
/// const NOTES: Migration = Migration::new(
///     1,
///     "notes",
///     "CREATE TABLE notes (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))",
///     "CREATE TABLE notes (tenant_id uuid NOT NULL, id bigint NOT NULL, PRIMARY KEY (tenant_id, id))",
/// );
/// assert_eq!(NOTES.version(), 1);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    version: u32,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    mysql: Option<&'static str>,
}

impl Migration {
    /// Makes a step with a script for SQLite and one for Postgres; `MySQL` needs
    /// [another](Self::with_mysql).
    pub const fn new(
        version: u32,
        name: &'static str,
        sqlite: &'static str,
        postgres: &'static str,
    ) -> Self {
        Self { version, name, sqlite, postgres, mysql: None }
    }

    /// Makes a step whose script all databases understand.
    pub const fn portable(version: u32, name: &'static str, script: &'static str) -> Self {
        Self::new(version, name, script, script).with_mysql(script)
    }

    /// Adds the script for `MySQL` and `MariaDB`.
    ///
    /// ```
    /// use tenancy_sqlx::Migration;
    ///
    /// const NOTES: Migration = Migration::new(
    ///     1,
    ///     "notes",
    ///     "CREATE TABLE notes (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))",
    ///     "CREATE TABLE notes (tenant_id uuid NOT NULL, id bigint NOT NULL, PRIMARY KEY (tenant_id, id))",
    /// )
    /// .with_mysql(
    ///     "CREATE TABLE notes (tenant_id BINARY(16) NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (tenant_id, id))",
    /// );
    /// assert_eq!(NOTES.name(), "notes");
    /// ```
    pub const fn with_mysql(mut self, script: &'static str) -> Self {
        self.mysql = Some(script);
        self
    }

    /// Returns the version: steps run in this order.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Returns the name people read.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn script(&self, backend: Backend) -> Result<SqlStr, Error> {
        Ok(self.text(backend)?.into_sql_str())
    }

    pub(super) fn checksum(&self, backend: Backend) -> Result<Vec<u8>, Error> {
        Ok(Sha256::digest(self.text(backend)?.as_bytes()).to_vec())
    }

    fn text(&self, backend: Backend) -> Result<&'static str, Error> {
        match backend {
            Backend::MySql => self.mysql.ok_or_else(|| {
                let Self { version, name, .. } = self;
                let fault = format!(
                    "migrate: version {version} {name:?} has no script for MySQL: add \
                     .with_mysql(\"…\")"
                );
                Error::new(ErrorKind::Misconfigured, fault)
            }),
            Backend::Postgres => Ok(self.postgres),
            Backend::Sqlite => Ok(self.sqlite),
        }
    }
}
