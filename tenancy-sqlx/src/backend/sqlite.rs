//! SQLite: values in and out, and one writer beside a pool of readers.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use rust_decimal::Decimal;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    Arguments as _, ConnectOptions as _, Connection as _, Decode, Row as _, SqlSafeStr as _,
    SqlStr, Sqlite, Type, TypeInfo as _, ValueRef as _,
};
use tenancy_core::entity::{Kind, Row, Value};
use tenancy_core::{Error, ErrorKind, TenantId};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};
use tokio::time::timeout;
use uuid::Uuid;

use super::error::from_sqlx;
use super::pools::{Shape, Slots};
use super::row::Codec;
use super::rows::Rows;
use super::transaction::Access;
use crate::ident;
use crate::options::TenantDbOptions;

/// SQLite lets one connection write at a time. A pool of one makes writers queue here, in order
/// and without busy errors; readers go on beside it.
#[cfg_attr(feature = "probe", derive(Clone))]
pub(crate) struct SqlitePools {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Both are the same pool of one connection.
    is_one: bool,
    #[cfg(feature = "probe")]
    is_in_memory: bool,
}

impl SqlitePools {
    pub(super) fn new(url: &str, shape: Shape, options: &TenantDbOptions) -> Result<Self, Error> {
        let connect = address(url)?;
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(options.acquire_timeout)
                .test_before_acquire(false)
        };
        // A writer stays: a database in memory is gone with its connection.
        let one = || pool(1).idle_timeout(None).max_lifetime(None);
        let reading = |connect: SqliteConnectOptions| connect.pragma("query_only", "ON");
        Ok(match shape {
            Shape::Shared if is_in_memory(url) => Self {
                #[cfg(feature = "probe")]
                is_in_memory: true,
                ..Self::one(one().connect_lazy_with(connect))
            },
            Shape::Shared => Self {
                writer: one().connect_lazy_with(connect.clone()),
                readers: pool(options.max_connections).connect_lazy_with(reading(connect)),
                is_one: false,
                #[cfg(feature = "probe")]
                is_in_memory: false,
            },
            #[cfg(feature = "probe")]
            Shape::One => Self {
                writer: one().connect_lazy_with(connect.clone()),
                readers: pool(1).connect_lazy_with(reading(connect)),
                is_one: false,
                is_in_memory: false,
            },
            Shape::Lane { owner, access } => {
                let file = file_of(url, &connect, owner)?;
                let connect = connect.filename(file).create_if_missing(false);
                let connect = match access {
                    Access::ReadOnly => reading(connect),
                    Access::ReadWrite => connect,
                };
                Self::one(one().connect_lazy_with(connect))
            }
        })
    }

    /// One connection for everything it is asked for.
    fn one(pool: SqlitePool) -> Self {
        Self {
            writer: pool.clone(),
            readers: pool,
            is_one: true,
            #[cfg(feature = "probe")]
            is_in_memory: false,
        }
    }

    #[cfg(feature = "probe")]
    pub(super) const fn is_in_memory(&self) -> bool {
        self.is_in_memory
    }

    pub(super) fn slots(&self) -> Slots {
        if self.is_one {
            return Slots::Alike(1);
        }
        Slots::OneWriter { readers: self.readers.options().get_max_connections() as usize }
    }

    pub(super) fn pool(&self, access: Access) -> &SqlitePool {
        match access {
            Access::ReadOnly => &self.readers,
            Access::ReadWrite => &self.writer,
        }
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn address(url: &str) -> Result<SqliteConnectOptions, Error> {
    let connect = SqliteConnectOptions::from_str(url)
        .map_err(|error| from_sqlx("read the database URL", error))?;
    Ok(connect
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was answered survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Another process may write to the same file.
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF"))
}

fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// The file of a tenant: in a folder beside the server's, called like it with `.tenants` behind.
fn file_of(url: &str, server: &SqliteConnectOptions, owner: TenantId) -> Result<PathBuf, Error> {
    if is_in_memory(url) {
        return Err(Error::new(
            ErrorKind::Misconfigured,
            "find the file of a tenant: the server is in memory: name one in a file",
        ));
    }
    let mut folder = server.get_filename().as_os_str().to_owned();
    folder.push(".tenants");
    Ok(Path::new(&folder).join(format!("{}.db", ident::of_tenant(owner))))
}

/// Makes the file of a tenant unless it is there.
pub(super) async fn create_database(
    url: &str,
    owner: TenantId,
    options: &TenantDbOptions,
) -> Result<(), Error> {
    const DOING: &str = "make the file of a tenant";
    let connect = address(url)?;
    let file = file_of(url, &connect, owner)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let made = tokio::fs::create_dir_all(folder).await;
    made.map_err(|source| Error::new(ErrorKind::Unavailable, DOING).with_source(source))?;
    let connect = connect.filename(&file).create_if_missing(true);
    let connected = timeout(patience(options), connect.connect()).await;
    let connected = connected.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    let closed = connected.map_err(|error| from_sqlx(DOING, error))?.close().await;
    closed.map_err(|error| from_sqlx(DOING, error))
}

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// A begin may have to wait for another process; SQLite itself says when that is too long.
pub(super) fn patience(options: &TenantDbOptions) -> Duration {
    options.acquire_timeout + BUSY
}

/// Takes the write lock at once: a transaction that reads first could not take it later.
pub(super) fn begin(access: Access) -> Option<SqlStr> {
    match access {
        Access::ReadOnly => None,
        Access::ReadWrite => Some("BEGIN IMMEDIATE".into_sql_str()),
    }
}

pub(super) async fn execute(
    connection: &mut SqliteConnection,
    sql: SqlStr,
    values: Vec<Value>,
) -> sqlx::Result<u64> {
    let query = sqlx::query_with(sql, Sqlite::encode(values)?);
    Ok(query.execute(connection).await?.rows_affected())
}

pub(super) async fn fetch<T: Send, R>(
    connection: &mut SqliteConnection,
    sql: SqlStr,
    values: Vec<Value>,
    rows: &mut Rows<'_, T, R>,
) -> sqlx::Result<()>
where
    R: Fn(&mut dyn Row) -> Result<T, Error> + Sync,
{
    sqlx::query_with(sql, Sqlite::encode(values)?)
        .map(|row| rows.add::<Sqlite>(&row))
        .fetch_all(connection)
        .await
        .map(drop)
}

/// Times are text of one width in UTC: they sort as times and SQLite's functions read them.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

impl Codec for Sqlite {
    fn decode(row: &SqliteRow, index: usize, kind: Kind) -> sqlx::Result<Value> {
        Ok(match kind {
            Kind::Bool => value::<bool>(row, index)?.map(Value::Bool),
            Kind::Int => value::<i64>(row, index)?.map(Value::Int),
            Kind::Float => value::<f64>(row, index)?.map(Value::Float),
            Kind::Text => value::<String>(row, index)?.map(Value::Text),
            Kind::Decimal => decimal(row, index)?.map(Value::Decimal),
            Kind::Bytes => value::<Vec<u8>>(row, index)?.map(Value::Bytes),
            Kind::Uuid => value::<Uuid>(row, index)?.map(Value::Uuid),
            Kind::Time => match value::<String>(row, index)? {
                Some(text) => Some(Value::Time(parse_time(&text)?)),
                None => None,
            },
            other => return Err(unsupported(other)),
        }
        .unwrap_or(Value::Null(kind)))
    }

    fn encode(values: Vec<Value>) -> sqlx::Result<SqliteArguments> {
        let mut arguments = SqliteArguments::default();
        for value in values {
            match value {
                Value::Bool(value) => arguments.add(value),
                Value::Int(value) => arguments.add(value),
                Value::Float(value) => arguments.add(value),
                // Of one spelling: then equal decimals are equal texts.
                Value::Decimal(value) => arguments.add(value.normalize().to_string()),
                Value::Text(value) => arguments.add(value),
                Value::Bytes(value) => arguments.add(value),
                Value::Uuid(value) => arguments.add(value),
                Value::Time(value) => arguments.add(format_time(value)?),
                Value::Null(_) => arguments.add(None::<i64>),
                other => return Err(unsupported(other.kind())),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }

    async fn run(connection: &mut SqliteConnection, sql: SqlStr) -> sqlx::Result<()> {
        sqlx::raw_sql(sql).execute(connection).await.map(drop)
    }
}

fn value<'row, T>(row: &'row SqliteRow, index: usize) -> sqlx::Result<Option<T>>
where
    T: Decode<'row, Sqlite> + Type<Sqlite>,
{
    row.try_get(index)
}

/// Text is what is written; sums and averages of numbers are numbers.
fn decimal(row: &SqliteRow, index: usize) -> sqlx::Result<Option<Decimal>> {
    let unreadable = |source: rust_decimal::Error| sqlx::Error::Decode(source.into());
    let raw = row.try_get_raw(index)?;
    match raw.type_info().name() {
        "INTEGER" => Ok(value::<i64>(row, index)?.map(Decimal::from)),
        "REAL" => {
            let number = value::<f64>(row, index)?;
            number.map(Decimal::try_from).transpose().map_err(unreadable)
        }
        _ => {
            let text = value::<String>(row, index)?;
            text.map(|text| text.parse().map_err(unreadable)).transpose()
        }
    }
}

fn format_time(time: OffsetDateTime) -> sqlx::Result<String> {
    let utc = time.to_offset(UtcOffset::UTC);
    utc.format(TIME).map_err(|source| sqlx::Error::Encode(source.into()))
}

fn parse_time(text: &str) -> sqlx::Result<OffsetDateTime> {
    let time = PrimitiveDateTime::parse(text, TIME);
    Ok(time.map_err(|source| sqlx::Error::Decode(source.into()))?.assume_utc())
}

fn unsupported(kind: Kind) -> sqlx::Error {
    sqlx::Error::Encode(format!("SQLite has no column for {kind:?}").into())
}
