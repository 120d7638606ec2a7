use std::collections::BTreeMap;

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Clock as _, Error, ErrorKind, SystemClock};

use super::{Migration, control_plane};
use crate::TenantDb;
use crate::backend::{Access, Backend, Connection};

/// Whose migrations these are; each counts its own versions.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Library,
    Application,
}

impl Owner {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Library => "tenancy",
            Self::Application => "application",
        }
    }
}

/// Runs what has not run yet.
pub(crate) async fn run(db: &TenantDb, migrations: &[Migration]) -> Result<(), Error> {
    require_order(migrations)?;
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    lock(db, &mut connection).await?;
    let table = match db.backend() {
        Backend::Postgres => include_str!("table_postgres.sql"),
        Backend::Sqlite => include_str!("table_sqlite.sql"),
    };
    connection.script("make the table of migrations", table.into_sql_str()).await?;
    connection.commit().await?;
    run_all(db, Owner::Library, control_plane::MIGRATIONS).await?;
    run_all(db, Owner::Application, migrations).await
}

/// Makes instances that start together go one after the other, until the transaction ends.
///
/// SQLite needs nothing: its writers queue.
pub(crate) async fn lock(db: &TenantDb, connection: &mut Connection) -> Result<(), Error> {
    if db.backend() == Backend::Postgres {
        // "tenancy" in ASCII. The lock lives in this database only.
        const SQL: &str = "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(x'74656e616e6379'::bigint)";
        connection.script("wait for another instance's migrations", SQL.into_sql_str()).await?;
    }
    Ok(())
}

async fn run_all(db: &TenantDb, owner: Owner, migrations: &[Migration]) -> Result<(), Error> {
    let backend = db.backend();
    for migration in migrations {
        let mut connection = db.begin_shared(Access::ReadWrite).await?;
        lock(db, &mut connection).await?;
        let applied = applied(&mut connection, owner).await?;
        let known = |version: &u32| migrations.iter().any(|one| one.version() == *version);
        if let Some(version) = applied.keys().find(|version| !known(version)) {
            return Err(refuse(format!(
                "migrate: version {version} has run on this database and is not in the program: \
                 a newer program has been here"
            )));
        }
        match applied.get(&migration.version()) {
            Some(checksum) if *checksum == migration.checksum(backend) => {}
            Some(_) => {
                return Err(refuse(format!(
                    "migrate: version {} {:?} has changed since it ran: restore it and add \
                     another one",
                    migration.version(),
                    migration.name(),
                )));
            }
            None => apply(backend, &mut connection, owner, migration).await?,
        }
        connection.commit().await?;
    }
    Ok(())
}

async fn apply(
    backend: Backend,
    connection: &mut Connection,
    owner: Owner,
    migration: &Migration,
) -> Result<(), Error> {
    tracing::info!(owner = owner.as_str(), migration.name = migration.name(), "migrating");
    let sql = "INSERT INTO tenancy_migrations (owner, version, name, checksum, applied_at)
               VALUES ($1, $2, $3, $4, $5)";
    let values = vec![
        owner.as_str().to_value(),
        i64::from(migration.version()).to_value(),
        migration.name().to_value(),
        migration.checksum(backend).to_value(),
        SystemClock.now().to_value(),
    ];
    // First: the script may change what a name means.
    connection.execute("record a migration", sql.into_sql_str(), values).await?;
    connection.script("run a migration", migration.script(backend)).await
}

async fn applied(
    connection: &mut Connection,
    owner: Owner,
) -> Result<BTreeMap<u32, Vec<u8>>, Error> {
    let sql = "SELECT version, checksum FROM tenancy_migrations WHERE owner = $1";
    let read = |row: &mut dyn Row| {
        let version = i64::from_value(row.take(0, Kind::Int)?)?;
        let checksum = Vec::from_value(row.take(1, Kind::Bytes)?)?;
        Ok((u32::try_from(version).unwrap_or(u32::MAX), checksum))
    };
    let values = vec![owner.as_str().to_value()];
    let rows = connection.fetch("read the migrations", sql.into_sql_str(), values, read).await?;
    Ok(rows.into_iter().collect())
}

fn require_order(migrations: &[Migration]) -> Result<(), Error> {
    if migrations.windows(2).all(|pair| pair[0].version() < pair[1].version()) {
        return Ok(());
    }
    Err(refuse("migrate: versions must rise from one migration to the next".to_owned()))
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::Misconfigured, message)
}
