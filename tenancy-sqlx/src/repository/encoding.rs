//! Values as bytes: equal values have equal bytes, and they can be read back.

use rust_decimal::Decimal;
use tenancy_core::entity::{Kind, Value};
use time::OffsetDateTime;
use uuid::Uuid;

/// Returns the bytes of a value.
pub(super) fn bytes_of(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(17);
    push(&mut bytes, value);
    bytes
}

/// Appends a value: its tag, and where its length varies that length in four bytes.
pub(super) fn push(bytes: &mut Vec<u8>, value: &Value) {
    bytes.push(tag(value.kind()) | if value.is_null() { NULL } else { 0 });
    match value {
        Value::Bool(value) => bytes.push(u8::from(*value)),
        Value::Int(value) => bytes.extend(value.to_be_bytes()),
        Value::Float(value) => bytes.extend(value.to_bits().to_be_bytes()),
        // Of one spelling, whatever zeros were written.
        Value::Decimal(value) => bytes.extend(value.normalize().serialize()),
        Value::Text(value) => push_long(bytes, value.as_bytes()),
        Value::Bytes(value) => push_long(bytes, value),
        Value::Uuid(value) => bytes.extend(value.as_bytes()),
        Value::Time(value) => bytes.extend(value.unix_timestamp_nanos().to_be_bytes()),
        Value::List(_, values) => {
            push_length(bytes, values.len());
            for value in values {
                push(bytes, value);
            }
        }
        _ => {}
    }
}

/// Takes a value off the front; `None` when these bytes are none of this kind.
pub(super) fn take(bytes: &mut &[u8], kind: Kind) -> Option<Value> {
    let [found] = take_array(bytes)?;
    if found == tag(kind) | NULL {
        return Some(Value::Null(kind));
    }
    if found != tag(kind) {
        return None;
    }
    Some(match kind {
        Kind::Bool => Value::Bool(match take_array(bytes)? {
            [0] => false,
            [1] => true,
            _ => return None,
        }),
        Kind::Int => Value::Int(i64::from_be_bytes(take_array(bytes)?)),
        Kind::Float => Value::Float(f64::from_bits(u64::from_be_bytes(take_array(bytes)?))),
        Kind::Decimal => Value::Decimal(Decimal::deserialize(take_array(bytes)?)),
        Kind::Text => Value::Text(String::from_utf8(take_long(bytes)?.to_vec()).ok()?),
        Kind::Bytes => Value::Bytes(take_long(bytes)?.to_vec()),
        Kind::Uuid => Value::Uuid(Uuid::from_bytes(take_array(bytes)?)),
        Kind::Time => {
            let nanos = i128::from_be_bytes(take_array(bytes)?);
            Value::Time(OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?)
        }
        _ => return None,
    })
}

const NULL: u8 = 0x80;

const fn tag(kind: Kind) -> u8 {
    match kind {
        Kind::Bool => 1,
        Kind::Int => 2,
        Kind::Float => 3,
        Kind::Text => 4,
        Kind::Bytes => 5,
        Kind::Uuid => 6,
        Kind::Time => 7,
        Kind::Decimal => 8,
        _ => 0x7f,
    }
}

fn push_long(bytes: &mut Vec<u8>, long: &[u8]) {
    push_length(bytes, long.len());
    bytes.extend(long);
}

fn push_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn take_long<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(take_array(bytes)?);
    let (long, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(long)
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*array)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use tenancy_core::entity::{Kind, Value};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::{bytes_of, take};

    #[test]
    fn every_kind_comes_back() {
        let time = OffsetDateTime::from_unix_timestamp_nanos(-1_234_567_000).expect("a time");
        for value in [
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Float(-0.0),
            Value::Decimal(Decimal::new(-125, 2)),
            Value::Text("ä\"".to_owned()),
            Value::Bytes(vec![0, 255]),
            Value::Uuid(Uuid::from_u128(7)),
            Value::Time(time),
            Value::Null(Kind::Text),
        ] {
            let bytes = bytes_of(&value);
            let mut rest = &bytes[..];
            assert_eq!(take(&mut rest, value.kind()), Some(value.clone()));
            assert!(rest.is_empty());
            for cut in 0..bytes.len() {
                assert_eq!(take(&mut &bytes[..cut], value.kind()), None);
            }
            let other = if value.kind() == Kind::Int { Kind::Text } else { Kind::Int };
            assert_eq!(take(&mut &bytes[..], other), None);
        }
    }
}
