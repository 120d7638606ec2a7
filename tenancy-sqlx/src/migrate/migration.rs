use sha2::{Digest as _, Sha256};
use sqlx::{SqlSafeStr as _, SqlStr};

use crate::backend::Backend;

/// One step of the schema: a script that runs once, in a transaction of its own.
///
/// Keep scripts in files and never change one that has run anywhere: its checksum is stored.
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
}

impl Migration {
    /// Makes a step with a script for each database.
    pub const fn new(
        version: u32,
        name: &'static str,
        sqlite: &'static str,
        postgres: &'static str,
    ) -> Self {
        Self { version, name, sqlite, postgres }
    }

    /// Makes a step whose script all databases understand.
    pub const fn portable(version: u32, name: &'static str, script: &'static str) -> Self {
        Self::new(version, name, script, script)
    }

    /// Returns the version: steps run in this order.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Returns the name people read.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn script(&self, backend: Backend) -> SqlStr {
        self.text(backend).into_sql_str()
    }

    pub(super) fn checksum(&self, backend: Backend) -> Vec<u8> {
        Sha256::digest(self.text(backend).as_bytes()).to_vec()
    }

    fn text(&self, backend: Backend) -> &'static str {
        match backend {
            Backend::Postgres => self.postgres,
            Backend::Sqlite => self.sqlite,
        }
    }
}
