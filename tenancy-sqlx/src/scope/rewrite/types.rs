use sqlparser::ast::{ArrayElemTypeDef, DataType, ObjectName};

use super::names::{plain, single};
use crate::scope::refusal::{Placed, Refusal, Result};

/// Takes the types of values, and refuses those that look something up when a text becomes one:
/// `'pg_authid'::regclass` reads the catalogue.
pub(super) fn data_type(data_type: &DataType, near: &impl Placed) -> Result {
    match data_type {
        DataType::Character(_)
        | DataType::Char(_)
        | DataType::CharacterVarying(_)
        | DataType::CharVarying(_)
        | DataType::Varchar(_)
        | DataType::Uuid
        | DataType::Binary(_)
        | DataType::Varbinary(_)
        | DataType::Blob(_)
        | DataType::Numeric(_)
        | DataType::Decimal(_)
        | DataType::Dec(_)
        | DataType::Float(_)
        | DataType::TinyInt(_)
        | DataType::Int2(_)
        | DataType::SmallInt(_)
        | DataType::MediumInt(_)
        | DataType::Int(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::Integer(_)
        | DataType::BigInt(_)
        | DataType::Signed
        | DataType::SignedInteger
        | DataType::Unsigned
        | DataType::UnsignedInteger
        | DataType::Float4
        | DataType::Float8
        | DataType::Real
        | DataType::Double(_)
        | DataType::DoublePrecision
        | DataType::Bool
        | DataType::Boolean
        | DataType::Date
        | DataType::Time(..)
        | DataType::Datetime(_)
        | DataType::Timestamp(..)
        | DataType::Interval { .. }
        | DataType::JSON
        | DataType::JSONB
        | DataType::Text
        | DataType::Bytea
        | DataType::Bit(_)
        | DataType::BitVarying(_)
        | DataType::VarBit(_)
        | DataType::TsVector
        | DataType::TsQuery => Ok(()),
        DataType::Array(ArrayElemTypeDef::SquareBracket(inner, _)) => self::data_type(inner, near),
        DataType::Custom(name, _) => custom(name),
        other => Err(Refusal::at(near, format!("the type {other}"))),
    }
}

/// An enum or a domain of the application.
fn custom(name: &ObjectName) -> Result {
    let ident = single(name, "a type")?;
    let key = plain(ident)?;
    if key.starts_with("reg") || key.starts_with("pg_") {
        return Err(Refusal::at(ident, format!("the type {key:?}: it reads the catalogue")));
    }
    Ok(())
}
