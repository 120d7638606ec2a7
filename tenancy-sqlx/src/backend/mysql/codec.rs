use rust_decimal::Decimal;
use sqlx::mysql::{MySqlArguments, MySqlConnection, MySqlRow, MySqlValueRef};
use sqlx::{Arguments as _, Decode, MySql, Row as _, SqlStr, Type, TypeInfo as _, ValueRef as _};
use tenancy_core::entity::{Kind, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::backend::decimal::{nearest, whole};
use crate::backend::row::Codec;

impl Codec for MySql {
    // A cancelled PREPARE leaves answers on the wire that sqlx 0.9.0 reads as those of the next
    // statement.
    const SURVIVES_CANCEL: bool = false;

    fn decode(row: &MySqlRow, index: usize, kind: Kind) -> sqlx::Result<Value> {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Null(kind));
        }
        Ok(match kind {
            Kind::Bool => Value::Bool(integer(raw)? != 0),
            Kind::Int => Value::Int(integer(raw)?),
            Kind::Float if is::<Decimal>(&raw) => Value::Float(nearest(get(raw)?)?),
            Kind::Float => Value::Float(get(raw)?),
            Kind::Decimal if is::<Decimal>(&raw) => Value::Decimal(get(raw)?),
            Kind::Decimal => Value::Decimal(integer(raw)?.into()),
            Kind::Text => Value::Text(text(raw)?),
            Kind::Bytes => Value::Bytes(get(raw)?),
            Kind::Uuid => Value::Uuid(get(raw)?),
            Kind::Time => Value::Time(get(raw)?),
            other => return Err(unsupported(other)),
        })
    }

    fn encode(values: Vec<Value>) -> sqlx::Result<MySqlArguments> {
        bind(&values, &(0..values.len()).collect::<Vec<_>>())
    }

    async fn run(connection: &mut MySqlConnection, sql: SqlStr) -> sqlx::Result<()> {
        sqlx::raw_sql(sql).execute(connection).await.map(drop)
    }
}

/// Encodes values in an order of the statement's, in which one may come more than once.
pub(super) fn bind(values: &[Value], order: &[usize]) -> sqlx::Result<MySqlArguments> {
    let mut arguments = MySqlArguments::default();
    for at in order {
        match &values[*at] {
            Value::Bool(value) => arguments.add(*value),
            Value::Int(value) => arguments.add(*value),
            // The server would store something else.
            Value::Float(value) if !value.is_finite() => {
                Err("MySQL has no infinity and no not-a-number".into())
            }
            Value::Float(value) => arguments.add(*value),
            Value::Decimal(value) => arguments.add(*value),
            Value::Text(value) => arguments.add(value.as_str()),
            Value::Bytes(value) => arguments.add(value.as_slice()),
            Value::Uuid(value) => arguments.add(*value),
            Value::Time(value) => arguments.add(*value),
            Value::Null(Kind::Bool) => arguments.add(None::<bool>),
            Value::Null(Kind::Int) => arguments.add(None::<i64>),
            Value::Null(Kind::Float) => arguments.add(None::<f64>),
            Value::Null(Kind::Decimal) => arguments.add(None::<Decimal>),
            Value::Null(Kind::Text) => arguments.add(None::<String>),
            Value::Null(Kind::Bytes) => arguments.add(None::<Vec<u8>>),
            Value::Null(Kind::Uuid) => arguments.add(None::<Uuid>),
            Value::Null(Kind::Time) => arguments.add(None::<OffsetDateTime>),
            other => return Err(unsupported(other.kind())),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// Reads a value, of a type that the column can have.
fn get<'row, T>(raw: MySqlValueRef<'row>) -> sqlx::Result<T>
where
    T: Decode<'row, MySql> + Type<MySql>,
{
    if !is::<T>(&raw) {
        let fault = format!("it is a column of the type {}", raw.type_info().name());
        return Err(sqlx::Error::Decode(fault.into()));
    }
    T::decode(raw).map_err(sqlx::Error::Decode)
}

fn is<T: Type<MySql>>(raw: &MySqlValueRef<'_>) -> bool {
    T::compatible(&raw.type_info())
}

/// Integers of all widths, unsigned ones and sums are read as 64 bits.
fn integer(raw: MySqlValueRef<'_>) -> sqlx::Result<i64> {
    if is::<Decimal>(&raw) {
        return whole(get(raw)?);
    }
    if is::<u64>(&raw) {
        let unsigned: u64 = get(raw)?;
        return i64::try_from(unsigned).map_err(|source| sqlx::Error::Decode(source.into()));
    }
    get(raw)
}

/// Text is text of any collation, and bytes that are UTF-8: a column that compares byte by byte
/// is `VARBINARY`.
fn text(raw: MySqlValueRef<'_>) -> sqlx::Result<String> {
    let is_text = is::<Vec<u8>>(&raw) || matches!(raw.type_info().name(), "JSON" | "SET");
    if !is_text {
        return get(raw);
    }
    <String as Decode<'_, MySql>>::decode(raw).map_err(sqlx::Error::Decode)
}

fn unsupported(kind: Kind) -> sqlx::Error {
    sqlx::Error::Encode(format!("MySQL has no column for {kind:?}").into())
}
