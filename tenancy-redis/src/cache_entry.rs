//! The bytes of an entry of a cache; `cache_begin.lua` says what they are.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tenancy_core::{Error, ErrorKind};

/// The bytes of a generation, and those of a lease beyond it.
const RANDOM: usize = 16;
/// The letter and the generation, before the value.
const HEAD: usize = 1 + RANDOM;

/// Returns 16 random bytes: a generation or a lease that never was before.
pub(crate) fn random() -> Result<[u8; RANDOM], Error> {
    let mut random = [0; RANDOM];
    getrandom::fill(&mut random).map_err(|source| {
        Error::new(ErrorKind::Unavailable, "draw a random number for a cache")
            .with_source(std::io::Error::other(source.to_string()))
    })?;
    Ok(random)
}

/// A lease, as it stands in Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseEntry(Vec<u8>);

impl LeaseEntry {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the entry that a value becomes under this lease.
    pub(crate) fn filled_with(&self, value: &[u8]) -> Vec<u8> {
        [b"v", &self.0[1..HEAD], value].concat()
    }
}

/// What stands in an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The bytes of a value.
    Value(Vec<u8>),
    Lease(LeaseEntry),
}

impl Entry {
    /// Reads what `cache_begin.lua` returned.
    pub(crate) fn read(mut bytes: Vec<u8>) -> Option<Self> {
        match bytes.first()? {
            b'v' if bytes.len() >= HEAD => Some(Self::Value(bytes.split_off(HEAD))),
            b'l' if bytes.len() == HEAD + RANDOM => Some(Self::Lease(LeaseEntry(bytes))),
            _ => None,
        }
    }
}

/// Returns the value of an entry, if it is one of this generation, and that of this run.
///
/// An entry that came under another tenant's key in whatever way is of another generation.
pub(crate) fn current<'a>(generation: &[u8], run: &str, entry: &'a [u8]) -> Option<&'a [u8]> {
    let (random, of_run) = generation.split_at_checked(RANDOM)?;
    let (head, value) = entry.split_at_checked(HEAD)?;
    (of_run == run.as_bytes() && head[0] == b'v' && head[1..] == *random).then_some(value)
}

pub(crate) fn encode<V: Serialize>(value: &V, at_most: usize) -> Result<Vec<u8>, Error> {
    let bytes = serde_json::to_vec(value).map_err(|source| {
        Error::invalid("value", "write a value for a cache").with_source(source)
    })?;
    if bytes.len() > at_most {
        let message = "write a value for a cache: it is too large";
        return Err(Error::invalid("value", message));
    }
    Ok(bytes)
}

/// Reads a value. What was written in another shape, by another version of the program, is none.
pub(crate) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Option<V> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_believed_in_its_generation_and_run_alone() {
        let (ours, theirs) = ([1_u8; RANDOM], [2_u8; RANDOM]);
        let generation = [ours.as_slice(), b"run"].concat();
        let entry = [b"v".as_slice(), &ours, b"7"].concat();
        assert_eq!(current(&generation, "run", &entry), Some(b"7".as_slice()));
        assert_eq!(current(&generation, "another", &entry), None);
        assert_eq!(current(&generation, "", &entry), None);
        assert_eq!(current(&[theirs.as_slice(), b"run"].concat(), "run", &entry), None);
        let lease = [b"l".as_slice(), &ours, &theirs].concat();
        assert_eq!(current(&generation, "run", &lease), None);
        for cut in 0..HEAD {
            assert_eq!(current(&generation, "run", &entry[..cut]), None);
        }
        assert_eq!(current(&ours[1..], "", &entry), None);
    }

    #[test]
    fn what_is_malformed_is_no_entry() {
        let lease = [b"l".as_slice(), &[3; 2 * RANDOM]].concat();
        assert_eq!(Entry::read(lease.clone()), Some(Entry::Lease(LeaseEntry(lease.clone()))));
        let filled = LeaseEntry(lease.clone()).filled_with(b"7");
        assert_eq!(Entry::read(filled), Some(Entry::Value(b"7".to_vec())));
        for bytes in [&b""[..], b"v", b"x", &lease[..32], &[lease.as_slice(), b"x"].concat()] {
            assert_eq!(Entry::read(bytes.to_vec()), None);
        }
    }
}
