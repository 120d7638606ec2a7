//! SQLite: values in and out, and one writer beside a pool of readers.

use std::str::FromStr as _;
use std::time::Duration;

use rust_decimal::Decimal;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    Arguments as _, Decode, Row as _, SqlSafeStr as _, SqlStr, Sqlite, Type, TypeInfo as _,
    ValueRef as _,
};
use tenancy_core::Error;
use tenancy_core::entity::{Kind, Value};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};
use uuid::Uuid;

use super::error::from_sqlx;
use super::row::Codec;
use super::transaction::Access;
use crate::options::TenantDbOptions;

/// SQLite lets one connection write at a time. A pool of one makes writers queue here, in order
/// and without busy errors; readers go on beside it.
pub(crate) struct SqlitePools {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqlitePools {
    pub(super) fn new(url: &str, options: &TenantDbOptions) -> Result<Self, Error> {
        const DOING: &str = "read the database URL";
        let connect = SqliteConnectOptions::from_str(url)
            .map_err(|error| from_sqlx(DOING, error))?
            .journal_mode(SqliteJournalMode::Wal)
            // A commit that was answered survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // Another process may write to the same file.
            .busy_timeout(BUSY)
            .pragma("trusted_schema", "OFF");
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(options.acquire_timeout)
                .test_before_acquire(false)
        };
        // A database in memory is gone with its connection: it has just one, that stays.
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        let writer = pool(1).idle_timeout(None).max_lifetime(None);
        let writer = writer.connect_lazy_with(connect.clone());
        let readers = if in_memory {
            writer.clone()
        } else {
            let connect = connect.pragma("query_only", "ON");
            pool(options.max_connections).connect_lazy_with(connect)
        };
        Ok(Self { writer, readers })
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

pub(super) async fn fetch(
    connection: &mut SqliteConnection,
    sql: SqlStr,
    values: Vec<Value>,
) -> sqlx::Result<Vec<SqliteRow>> {
    sqlx::query_with(sql, Sqlite::encode(values)?).fetch_all(connection).await
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
