//! Values as bytes: equal values have equal bytes.

use tenancy_core::entity::{Kind, Value};
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
