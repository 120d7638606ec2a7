use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Clock as _, Error, ErrorKind, SystemClock};

use super::{Migration, control_plane};
use crate::TenantDb;
use crate::backend::{Access, Backend, Connection};
use crate::pool::Room;

const RECORD: &str = "record a migration";

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

/// Which tables a place has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// The library's and the application's.
    All,
    OfApplication,
}

/// Runs what has not run yet.
pub(crate) async fn run(
    db: &TenantDb,
    tables: Tables,
    migrations: &[Migration],
) -> Result<(), Error> {
    require_order(migrations)?;
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    lock(db, &mut connection).await?;
    let table = match db.backend() {
        Backend::MySql => include_str!("table_mysql.sql"),
        Backend::Postgres => include_str!("table_postgres.sql"),
        Backend::Sqlite => include_str!("table_sqlite.sql"),
    };
    connection.script("make the table of migrations", table.into_sql_str()).await?;
    connection.commit().await?;
    if tables == Tables::All {
        run_all(db, Owner::Library, control_plane::MIGRATIONS).await?;
    }
    run_all(db, Owner::Application, migrations).await
}

/// Makes instances that start together go one after the other, until the transaction ends.
pub(crate) async fn lock(db: &TenantDb, connection: &mut Connection) -> Result<(), Error> {
    const DOING: &str = "wait for another instance's migrations";
    match db.backend() {
        Backend::MySql => {
            // The lock is the connection's and outlives commits: it ends because a connection
            // that ran a script is closed. Its name is the server's, and 64 letters at most.
            const UNBOUND: &str = "SET SESSION innodb_lock_wait_timeout=31536000,\
                lock_wait_timeout=31536000\
                /*M!100100 ,max_statement_time=0 *//*!50708 ,max_execution_time=0 */";
            const LOCK: &str = "SELECT GET_LOCK(CONCAT('tenancy.', SHA1(DATABASE())), 31536000)";
            connection.script(DOING, UNBOUND.into_sql_str()).await?;
            let read = |row: &mut dyn Row| Option::<i64>::from_value(row.take(0, Kind::Int)?);
            let got = connection.fetch(DOING, LOCK.into_sql_str(), Vec::new(), read).await?;
            if got != [Some(1)] {
                return Err(Error::new(ErrorKind::Unavailable, DOING));
            }
        }
        Backend::Postgres => {
            let key = key_of_lock(db.place().room);
            let sql =
                format!("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({key})");
            connection.script(DOING, AssertSqlSafe(sql).into_sql_str()).await?;
        }
        // Its writers queue.
        Backend::Sqlite => {}
    }
    Ok(())
}

/// Of each place its own: schemas are migrated side by side. A lock lives in its database only.
fn key_of_lock(room: Room) -> i64 {
    // "tenancy" in ASCII.
    const KEY: i64 = 0x0074_656e_616e_6379;
    match room {
        Room::Shared | Room::Database(_) => KEY,
        // The half of the id that is random.
        Room::Schema(tenant) => {
            let [_, _, _, _, _, _, _, _, random @ ..] = tenant.uuid().into_bytes();
            KEY ^ i64::from_be_bytes(random)
        }
    }
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
            Some(checksum) if *checksum == migration.checksum(backend)? => {}
            Some(checksum) if checksum.is_empty() => {
                return Err(refuse(format!(
                    "migrate: version {} {:?} failed half-way, and this database cannot take a \
                     changed table back: undo by hand what it did, and delete its row from \
                     tenancy_migrations",
                    migration.version(),
                    migration.name(),
                )));
            }
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
    // `MySQL` commits the row with the first table that the script changes.
    let is_whole = backend != Backend::MySql;
    let checksum = migration.checksum(backend)?;
    let sql = "INSERT INTO tenancy_migrations (owner, version, name, checksum, applied_at)
               VALUES ($1, $2, $3, $4, $5)";
    let (owner, version) = (owner.as_str().to_value(), i64::from(migration.version()).to_value());
    let values = vec![
        owner.clone(),
        version.clone(),
        migration.name().to_value(),
        if is_whole { checksum.to_value() } else { Vec::new().to_value() },
        SystemClock.now().to_value(),
    ];
    // First: the script may change what a name means.
    connection.execute(RECORD, sql.into_sql_str(), values).await?;
    connection.script("run a migration", migration.script(backend)?).await?;
    if !is_whole {
        let sql = "UPDATE tenancy_migrations SET checksum = $3 WHERE owner = $1 AND version = $2";
        let values = vec![owner, version, checksum.to_value()];
        connection.execute(RECORD, sql.into_sql_str(), values).await?;
    }
    Ok(())
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
