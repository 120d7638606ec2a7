//! The ids callers see: a prefix that tells the kind, and 26 letters and digits.
//!
//! They are UUIDs of version 7: never used twice, and sorted by when they were made.

pub(crate) mod crockford;
mod path;
mod prefixed;

pub use path::{PathId, missing};

/// Writes the number of an id, for [`prefixed_id!`](crate::prefixed_id).
#[doc(hidden)]
pub fn written(number: u128) -> String {
    crockford::encode(number)
}

/// Reads the number of an id, for [`prefixed_id!`](crate::prefixed_id).
#[doc(hidden)]
pub fn read(text: &str) -> Option<u128> {
    crockford::decode(text)
}
