use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, TenantId};

/// The type of a column, as all databases understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A truth value.
    Bool,
    /// A signed integer of 64 bits.
    Int,
    /// A double-precision number.
    Float,
    /// A decimal number: rates and percentages. Money is an [`Int`](Self::Int) of minor units.
    ///
    /// SQLite has no such type: there it is text, which equals itself and does not sort as a
    /// number.
    Decimal,
    /// Text in UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// A UUID.
    Uuid,
    /// A moment, in UTC, to the microsecond.
    Time,
}

/// One value on its way to or from a database.
///
/// A null keeps its kind, because Postgres binds are typed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value, of a kind.
    Null(Kind),
    /// See [`Kind::Bool`].
    Bool(bool),
    /// See [`Kind::Int`].
    Int(i64),
    /// See [`Kind::Float`].
    Float(f64),
    /// See [`Kind::Decimal`].
    Decimal(Decimal),
    /// See [`Kind::Text`].
    Text(String),
    /// See [`Kind::Bytes`].
    Bytes(Vec<u8>),
    /// See [`Kind::Uuid`].
    Uuid(Uuid),
    /// See [`Kind::Time`].
    Time(OffsetDateTime),
    /// Many values of one kind in one argument, which Postgres takes as an array; no column holds
    /// it.
    List(Kind, Vec<Value>),
}

impl Value {
    /// Returns the kind, of a null too; that of a list is the kind of its values.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Null(kind) | Self::List(kind, _) => *kind,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Decimal(_) => Kind::Decimal,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
            Self::Uuid(_) => Kind::Uuid,
            Self::Time(_) => Kind::Time,
        }
    }

    /// Tells whether there is no value.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }
}

/// A Rust type that becomes a [`Value`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a column",
    note = "add `#[derive(TenantValue)]` to a newtype or to an enum without fields"
)]
pub trait ToValue {
    /// The column's kind.
    const KIND: Kind;
    /// Whether the column may be null.
    const NULLABLE: bool = false;
    /// The only texts that it becomes, for an enum; none for what becomes any.
    const CHOICES: &'static [&'static str] = &[];
    /// Returns the value.
    fn to_value(&self) -> Value;
}

/// A Rust type that is read from a [`Value`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a column",
    note = "add `#[derive(TenantValue)]` to a newtype or to an enum without fields"
)]
pub trait FromValue: Sized {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when the column holds something else
    /// than the type expects.
    fn from_value(value: Value) -> Result<Self, Error>;
}

fn mismatch(expected: &'static str, found: &Value) -> Error {
    let found = if found.is_null() { "null".to_owned() } else { format!("{:?}", found.kind()) };
    Error::new(
        crate::ErrorKind::Internal,
        format!("read a column: expected {expected}, found {found}"),
    )
}

macro_rules! value {
    ($($type:ty => $kind:ident, |$value:ident| $to:expr;)*) => {$(
        impl ToValue for $type {
            const KIND: Kind = Kind::$kind;

            fn to_value(&self) -> Value {
                let $value = self;
                Value::$kind($to)
            }
        }

        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Error> {
                match value {
                    Value::$kind(inner) => Ok(inner),
                    other => Err(mismatch(stringify!($kind), &other)),
                }
            }
        }
    )*};
}

value! {
    bool => Bool, |value| *value;
    i64 => Int, |value| *value;
    f64 => Float, |value| *value;
    Decimal => Decimal, |value| *value;
    String => Text, |value| value.clone();
    Vec<u8> => Bytes, |value| value.clone();
    Uuid => Uuid, |value| *value;
    OffsetDateTime => Time, |value| *value;
}

impl ToValue for i32 {
    const KIND: Kind = Kind::Int;

    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl FromValue for i32 {
    fn from_value(value: Value) -> Result<Self, Error> {
        let wide = i64::from_value(value)?;
        Self::try_from(wide).map_err(|source| {
            Error::new(crate::ErrorKind::Internal, "read a column: the number is over 32 bits")
                .with_source(source)
        })
    }
}

impl ToValue for &str {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Value {
        Value::Text((*self).to_owned())
    }
}

impl ToValue for TenantId {
    const KIND: Kind = Kind::Uuid;

    fn to_value(&self) -> Value {
        Value::Uuid(self.uuid())
    }
}

impl FromValue for TenantId {
    fn from_value(value: Value) -> Result<Self, Error> {
        let uuid = Uuid::from_value(value)?;
        Self::from_uuid(uuid).map_err(|source| {
            Error::new(crate::ErrorKind::Internal, "read a column: it holds no tenant id")
                .with_source(source)
        })
    }
}

impl<T: ToValue> ToValue for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    const CHOICES: &'static [&'static str] = T::CHOICES;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null(T::KIND), ToValue::to_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}
