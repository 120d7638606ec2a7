//! Postgres: values in and out, the message that begins a transaction, and the pool.

use std::fmt::Write as _;
use std::str::FromStr as _;
use std::time::Duration;

use rust_decimal::Decimal;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Decode, Executor as _, Postgres, Row as _,
    SqlSafeStr as _, SqlStr, Type, TypeInfo as _, ValueRef as _,
};
use tenancy_core::entity::{Kind, Row, Value};
use tenancy_core::{Error, ErrorKind, TenantId};
use time::OffsetDateTime;
use tokio::time::timeout;
use uuid::Uuid;

use super::decimal::{nearest, whole};
use super::error::from_sqlx;
use super::pools::{Begin, Shape};
use super::postgres_opening::{PgOpening, sealed};
use super::postgres_session::{bind, clear_on_release};
use super::row::Codec;
use super::rows::Rows;
use super::transaction::Access;
use crate::binding::Binding;
use crate::ident::{self, quote};
use crate::options::TenantDbOptions;

/// The setting that tells row-level security the tenant.
pub(crate) const TENANT_SETTING: &str = "tenancy.tenant_id";

pub(super) fn pool(url: &str, shape: Shape, options: &TenantDbOptions) -> Result<PgPool, Error> {
    let connect = address(url)?;
    let pool = PgPoolOptions::new()
        .acquire_timeout(options.connect_timeout)
        // It costs a round trip each time; a broken connection shows at BEGIN and is replaced.
        .test_before_acquire(false);
    Ok(match shape {
        Shape::Shared if options.binding == Binding::Session => {
            let pool = clear_on_release(pool, options);
            pool.max_connections(options.max_connections).connect_lazy_with(connect)
        }
        Shape::Shared => pool.max_connections(options.max_connections).connect_lazy_with(connect),
        #[cfg(feature = "probe")]
        Shape::One if options.binding == Binding::Session => {
            clear_on_release(pool, options).max_connections(1).connect_lazy_with(connect)
        }
        #[cfg(feature = "probe")]
        Shape::One => pool.max_connections(1).connect_lazy_with(connect),
        // Whoever holds it closes it; no task has to watch it.
        Shape::Lane { owner, .. } => pool
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(connect.database(&ident::of_tenant(owner))),
    })
}

pub(super) fn address(url: &str) -> Result<PgConnectOptions, Error> {
    PgConnectOptions::from_str(url).map_err(|error| from_sqlx("read the database URL", error))
}

/// Makes the database of a tenant unless it is there. Only its owner may connect to it.
pub(super) async fn create_database(
    url: &str,
    owner: TenantId,
    options: &TenantDbOptions,
) -> Result<(), Error> {
    const DOING: &str = "make the database of a tenant";
    let name = ident::of_tenant(owner);
    let work = async {
        let connect = address(url)?;
        let connect = PgConnection::connect_with(&connect);
        let mut connection = connect.await.map_err(|error| from_sqlx(DOING, error))?;
        let exists = sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1");
        let exists = exists.bind(&name).persistent(false);
        let exists: i64 =
            exists.fetch_one(&mut connection).await.map_err(|error| from_sqlx(DOING, error))?;
        if exists == 0 {
            // No transaction may be around it.
            let create = AssertSqlSafe(format!("CREATE DATABASE {}", quote(&name)));
            match connection.execute(sqlx::raw_sql(create)).await {
                // Another instance was faster.
                Err(sqlx::Error::Database(fault))
                    if fault.code().is_some_and(|code| matches!(&*code, "42P04" | "23505")) => {}
                Err(error) => return Err(from_sqlx(DOING, error)),
                Ok(_) => {}
            }
        }
        let owner = sqlx::query_scalar(
            "SELECT count(*) FROM pg_database
             WHERE datname = $1 AND pg_get_userbyid(datdba) = current_user",
        );
        let owner = owner.bind(&name).persistent(false);
        let owner: i64 =
            owner.fetch_one(&mut connection).await.map_err(|error| from_sqlx(DOING, error))?;
        if owner == 0 {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "make the database of a tenant: another role owns it: provision as that role",
            ));
        }
        // One message is one transaction. Postgres refuses the second of two instances that change
        // who may use a database at the same time, hence the lock.
        let close = AssertSqlSafe(format!(
            "SELECT pg_advisory_xact_lock(hashtextextended('{name}', 0));
             REVOKE ALL ON DATABASE {} FROM PUBLIC",
            quote(&name)
        ));
        let closed = connection.execute(sqlx::raw_sql(close)).await;
        closed.map_err(|error| from_sqlx(DOING, error))?;
        // It is of no more use; how it ends changes nothing.
        let _ = connection.close().await;
        Ok(())
    };
    // The template may have to be copied file by file.
    let done = timeout(options.statement_timeout + options.connect_timeout, work).await;
    done.unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, DOING)))
}

/// How a transaction begins: with one message, for the session, or with a seal.
pub(super) fn opening(order: &Begin<'_>, options: &TenantDbOptions) -> PgOpening {
    let Some(tenant) = order.tenant else { return PgOpening::Plain(begin(order)) };
    match (&options.seal, order.binding, order.access) {
        (Some(key), ..) => {
            PgOpening::Sealed { begin: sealed(&begin(order)), tenant, key: key.clone() }
        }
        (None, Binding::Session, Access::ReadOnly) => PgOpening::Session(bind(order, tenant)),
        _ => PgOpening::Plain(begin(order)),
    }
}

/// One message that begins a transaction, names its tenant, pins the schema and bounds its
/// statements.
///
/// `SET LOCAL` ends with the transaction: nothing is left on the connection. The tenant is a
/// UUID, so that nothing in this text comes from outside. Without a tenant the setting is empty,
/// which matches no row.
///
/// The schema is pinned because an unqualified name, and an operator too, is whatever the search
/// path says: that of the role, of the database, or of the last user of a pooler's connection.
/// `pg_catalog` comes first unless it is named, temporary tables last because they are.
fn begin(begin: &Begin<'_>) -> SqlStr {
    let mut text = String::with_capacity(200);
    text.push_str(match begin.access {
        Access::ReadOnly => "BEGIN READ ONLY",
        Access::ReadWrite => "BEGIN",
    });
    let timeout = milliseconds(begin.statement_timeout);
    let schema = quote(&begin.schema);
    let written = match begin.tenant {
        _ if begin.binding == Binding::None => Ok(()),
        Some(tenant) => write!(text, "; SET LOCAL {TENANT_SETTING} = '{tenant}'"),
        None => write!(text, "; SET LOCAL {TENANT_SETTING} = ''"),
    };
    written
        .and_then(|()| write!(text, "; SET LOCAL search_path = {schema}, pg_temp"))
        .and_then(|()| write!(text, "; SET LOCAL statement_timeout = {timeout}"))
        .expect("writing to a string does not fail");
    AssertSqlSafe(text).into_sql_str()
}

/// 0 would mean no limit at all, and Postgres keeps the number in 32 bits.
pub(super) fn milliseconds(timeout: Duration) -> u128 {
    timeout.as_millis().clamp(1, 0x7fff_ffff)
}

/// The tenant that a connection names outside of any transaction.
#[cfg(feature = "probe")]
pub(super) async fn setting_at_rest(pool: &PgPool) -> Result<Option<String>, Error> {
    const DOING: &str = "look at a connection outside of a transaction";
    #[expect(clippy::disallowed_methods, reason = "it is looked at, and touches no row")]
    let connection = pool.acquire().await;
    let mut connection = connection.map_err(|error| from_sqlx(DOING, error))?;
    let setting = sqlx::query_scalar("SELECT current_setting($1, true)").persistent(false);
    let setting = setting.bind(TENANT_SETTING).fetch_one(&mut *connection).await;
    setting.map_err(|error| from_sqlx(DOING, error))
}

pub(super) async fn execute(
    connection: &mut PgConnection,
    sql: SqlStr,
    values: Vec<Value>,
    prepared: bool,
) -> sqlx::Result<u64> {
    let query = sqlx::query_with(sql, Postgres::encode(values)?).persistent(prepared);
    Ok(query.execute(connection).await?.rows_affected())
}

pub(super) async fn fetch<T: Send, R>(
    connection: &mut PgConnection,
    sql: SqlStr,
    values: Vec<Value>,
    prepared: bool,
    rows: &mut Rows<'_, T, R>,
) -> sqlx::Result<()>
where
    R: Fn(&mut dyn Row) -> Result<T, Error> + Sync,
{
    let query = sqlx::query_with(sql, Postgres::encode(values)?).persistent(prepared);
    query.map(|row| rows.add::<Postgres>(&row)).fetch_all(connection).await.map(drop)
}

impl Codec for Postgres {
    fn decode(row: &PgRow, index: usize, kind: Kind) -> sqlx::Result<Value> {
        Ok(match kind {
            Kind::Bool => value::<bool>(row, index)?.map(Value::Bool),
            Kind::Int => integer(row, index)?.map(Value::Int),
            Kind::Float => float(row, index)?.map(Value::Float),
            Kind::Decimal => value::<Decimal>(row, index)?.map(Value::Decimal),
            Kind::Text => value::<String>(row, index)?.map(Value::Text),
            Kind::Bytes => value::<Vec<u8>>(row, index)?.map(Value::Bytes),
            Kind::Uuid => value::<Uuid>(row, index)?.map(Value::Uuid),
            Kind::Time => value::<OffsetDateTime>(row, index)?.map(Value::Time),
            other => return Err(unsupported(other)),
        }
        .unwrap_or(Value::Null(kind)))
    }

    fn encode(values: Vec<Value>) -> sqlx::Result<PgArguments> {
        let mut arguments = PgArguments::default();
        for value in values {
            match value {
                Value::Bool(value) => arguments.add(value),
                Value::Int(value) => arguments.add(value),
                Value::Float(value) => arguments.add(value),
                Value::Decimal(value) => arguments.add(value),
                Value::Text(value) => arguments.add(value),
                Value::Bytes(value) => arguments.add(value),
                Value::Uuid(value) => arguments.add(value),
                Value::Time(value) => arguments.add(value),
                Value::Null(Kind::Bool) => arguments.add(None::<bool>),
                Value::Null(Kind::Int) => arguments.add(None::<i64>),
                Value::Null(Kind::Float) => arguments.add(None::<f64>),
                Value::Null(Kind::Decimal) => arguments.add(None::<Decimal>),
                Value::Null(Kind::Text) => arguments.add(None::<String>),
                Value::Null(Kind::Bytes) => arguments.add(None::<Vec<u8>>),
                Value::Null(Kind::Uuid) => arguments.add(None::<Uuid>),
                Value::Null(Kind::Time) => arguments.add(None::<OffsetDateTime>),
                Value::List(kind, values) => add_array(&mut arguments, kind, values)?,
                other => return Err(unsupported(other.kind())),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }

    async fn run(connection: &mut PgConnection, sql: SqlStr) -> sqlx::Result<()> {
        sqlx::raw_sql(sql).execute(connection).await.map(drop)
    }
}

/// Adds values of one kind as an array; a value of another kind is refused.
fn add_array(
    arguments: &mut PgArguments,
    kind: Kind,
    values: Vec<Value>,
) -> sqlx::Result<Result<(), sqlx::error::BoxDynError>> {
    macro_rules! array {
        ($variant:ident) => {{
            let array = values.into_iter().map(|value| match value {
                Value::$variant(value) => Ok(Some(value)),
                Value::Null(null) if null == kind => Ok(None),
                other => Err(unsupported(other.kind())),
            });
            arguments.add(array.collect::<sqlx::Result<Vec<_>>>()?)
        }};
    }
    Ok(match kind {
        Kind::Bool => array!(Bool),
        Kind::Int => array!(Int),
        Kind::Float => array!(Float),
        Kind::Decimal => array!(Decimal),
        Kind::Text => array!(Text),
        Kind::Bytes => array!(Bytes),
        Kind::Uuid => array!(Uuid),
        Kind::Time => array!(Time),
        other => return Err(unsupported(other)),
    })
}

fn value<'row, T>(row: &'row PgRow, index: usize) -> sqlx::Result<Option<T>>
where
    T: Decode<'row, Postgres> + Type<Postgres>,
{
    row.try_get(index)
}

/// Integers of all widths, and sums of them, are read as 64 bits.
fn integer(row: &PgRow, index: usize) -> sqlx::Result<Option<i64>> {
    let raw = row.try_get_raw(index)?;
    let info = raw.type_info();
    match info.name() {
        "INT2" => Ok(value::<i16>(row, index)?.map(i64::from)),
        "INT4" => Ok(value::<i32>(row, index)?.map(i64::from)),
        "NUMERIC" => value::<Decimal>(row, index)?.map(whole).transpose(),
        _ => value::<i64>(row, index),
    }
}

/// An average of integers is a decimal too.
fn float(row: &PgRow, index: usize) -> sqlx::Result<Option<f64>> {
    let raw = row.try_get_raw(index)?;
    match raw.type_info().name() {
        "NUMERIC" => value::<Decimal>(row, index)?.map(nearest).transpose(),
        "FLOAT4" => Ok(value::<f32>(row, index)?.map(f64::from)),
        _ => value::<f64>(row, index),
    }
}

fn unsupported(kind: Kind) -> sqlx::Error {
    sqlx::Error::Encode(format!("Postgres has no column for {kind:?}").into())
}
