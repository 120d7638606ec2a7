//! Places in lists, as texts that only the list they came with takes back.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tenancy_core::entity::{Condition, Join, TenantEntity, ToValue as _, Value};
use tenancy_core::{Cursor, Error, Filter, TenantId};

use super::encoding;
use super::order::Term;
use super::predicate::Deleted;

/// What seals cursors. `Debug` shows nothing of it.
#[derive(Clone)]
pub(crate) struct CursorKey(Hmac<Sha256>);

/// The list that a cursor is of.
pub(super) struct Place<'a, E> {
    pub(super) tenant: TenantId,
    pub(super) filter: &'a Filter<E>,
    pub(super) deleted: Deleted,
    pub(super) terms: &'a [Term],
    /// What it is joined with, if it is.
    pub(super) joined: Vec<u8>,
}

/// The first byte; another form will have another.
const FORM: u8 = 1;
/// Half of the hash: 128 bits are plenty against guessing.
const SEAL: usize = 16;

impl CursorKey {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("a key of any length will do"))
    }
}

impl Default for CursorKey {
    /// Without a secret a cursor is still of one list alone, but who knows this text can make one
    /// up: a place in its own list, where it could have paged to.
    fn default() -> Self {
        Self::new(b"tenancy cursors without a secret")
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(..)")
    }
}

impl<E: TenantEntity> Place<'_, E> {
    /// Names a row by the values that the list is sorted by.
    pub(super) fn seal(&self, key: &CursorKey, values: &[Value]) -> Cursor {
        let mut bytes = vec![FORM];
        for value in values {
            encoding::push(&mut bytes, value);
        }
        let seal = self.mac(key, &bytes).finalize().into_bytes();
        bytes.extend(&seal[..SEAL]);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        text.parse().expect("base64 for URLs is what a cursor is")
    }

    /// Returns the values that the list is sorted by, of the row a cursor names.
    pub(super) fn open(&self, key: &CursorKey, cursor: &Cursor) -> Result<Vec<Value>, Error> {
        self.values(key, cursor).ok_or_else(|| {
            Error::invalid(
                "cursor",
                "read a cursor: it is altered, or of another list: begin anew without it",
            )
        })
    }

    fn values(&self, key: &CursorKey, cursor: &Cursor) -> Option<Vec<Value>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor.as_str()).ok()?;
        let (named, seal) = bytes.split_last_chunk::<SEAL>()?;
        self.mac(key, named).verify_truncated_left(seal).ok()?;
        let mut rest = named.strip_prefix(&[FORM])?;
        let values = self.terms.iter().map(|term| {
            let column = &E::TABLE.columns()[term.column];
            encoding::take(&mut rest, column.kind())
                .filter(|value| column.is_nullable() || !value.is_null())
        });
        let values = values.collect::<Option<Vec<_>>>()?;
        rest.is_empty().then_some(values)
    }

    /// Everything that makes it this list; each part tells its own length.
    fn mac(&self, key: &CursorKey, named: &[u8]) -> Hmac<Sha256> {
        let mut list = Vec::with_capacity(256);
        encoding::push(&mut list, &self.tenant.to_value());
        encoding::push(&mut list, &E::TABLE.name().to_value());
        list.push(self.deleted as u8);
        push_number(&mut list, self.terms.len());
        for term in self.terms {
            push_number(&mut list, term.column);
            list.push(u8::from(term.is_descending));
        }
        push_condition(&mut list, self.filter.condition());
        push_number(&mut list, self.joined.len());
        list.extend(&self.joined);
        key.0.clone().chain_update(list).chain_update(named)
    }
}

/// Returns what tells one join from another.
pub(super) fn bytes_of_join<E, F: TenantEntity>(how: &str, join: &Join<E, F>) -> Vec<u8> {
    let mut bytes = encoding::bytes_of(&how.to_value());
    push_number(&mut bytes, join.column());
    encoding::push(&mut bytes, &F::TABLE.name().to_value());
    push_condition(&mut bytes, join.rows().condition());
    bytes
}

fn push_condition(bytes: &mut Vec<u8>, condition: &Condition) {
    match condition {
        Condition::All(conditions) => push_conditions(bytes, 1, conditions),
        Condition::Any(conditions) => push_conditions(bytes, 2, conditions),
        Condition::Not(inner) => {
            bytes.push(3);
            push_condition(bytes, inner);
        }
        Condition::Compare { column, comparison, value } => {
            bytes.extend([4, *comparison as u8]);
            push_number(bytes, *column);
            encoding::push(bytes, value);
        }
        Condition::OneOf { column, kind, values } => {
            bytes.push(5);
            push_number(bytes, *column);
            encoding::push(bytes, &Value::List(*kind, values.clone()));
        }
        Condition::StartsWith { column, text } => push_text(bytes, 6, *column, text),
        Condition::Contains { column, text } => push_text(bytes, 7, *column, text),
        // The list refuses what it does not know.
        _ => bytes.push(0),
    }
}

fn push_conditions(bytes: &mut Vec<u8>, tag: u8, conditions: &[Condition]) {
    bytes.push(tag);
    push_number(bytes, conditions.len());
    for condition in conditions {
        push_condition(bytes, condition);
    }
}

fn push_text(bytes: &mut Vec<u8>, tag: u8, column: usize, text: &str) {
    bytes.push(tag);
    push_number(bytes, column);
    encoding::push(bytes, &text.to_value());
}

fn push_number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend(u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes());
}
