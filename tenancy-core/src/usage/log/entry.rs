//! What frames hold, as bytes: the name of the file in its first one, then counts.

use uuid::Uuid;

use crate::usage::{BatchId, Dimension, Hour, Meter, Series};
use crate::{Error, ErrorKind, TenantId};

/// What a tenant used in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) tenant: TenantId,
    pub(super) hour: Hour,
    pub(super) series: Series,
    pub(super) count: u64,
}

impl Entry {
    /// The most bytes that one takes.
    pub(super) const MAX_LEN: usize = 16 + 4 + 8 + 2 + Meter::MAX_LEN + Dimension::MAX_LEN;

    pub(super) fn push(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.tenant.uuid().as_bytes());
        bytes.extend_from_slice(&self.hour.number().to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        let dimension = self.series.dimension().map_or("", Dimension::as_str);
        for text in [self.series.meter().as_str(), dimension] {
            // Both are short by their types.
            bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(text.as_bytes());
        }
    }

    /// Reads all entries of a frame.
    pub(super) fn read_all(bytes: &[u8]) -> Result<Vec<Self>, Error> {
        let (mut rest, mut entries) = (Bytes(bytes), Vec::new());
        while !rest.0.is_empty() {
            entries.push(Self::read(&mut rest)?);
        }
        Ok(entries)
    }

    fn read(bytes: &mut Bytes<'_>) -> Result<Self, Error> {
        let tenant = TenantId::from_uuid(Uuid::from_bytes(bytes.take()?))?;
        let hour = Hour::from_number(u32::from_le_bytes(bytes.take()?))?;
        let count = u64::from_le_bytes(bytes.take()?);
        let meter = Meter::parse(bytes.text()?)?;
        let dimension = match bytes.text()? {
            "" => None,
            text => Some(Dimension::parse(text)?),
        };
        Ok(Self { tenant, hour, series: Series::new(meter, dimension), count })
    }
}

/// Returns the contents of a file's first frame.
pub(super) fn name(id: BatchId) -> Vec<u8> {
    let mut bytes = id.producer().as_bytes().to_vec();
    bytes.extend_from_slice(&id.epoch().to_le_bytes());
    bytes.extend_from_slice(&id.sequence().to_le_bytes());
    bytes
}

/// Reads the contents of a file's first frame.
pub(super) fn read_name(bytes: &[u8]) -> Result<BatchId, Error> {
    let mut bytes = Bytes(bytes);
    let producer = Uuid::from_bytes(bytes.take()?);
    let (epoch, sequence) = (u64::from_le_bytes(bytes.take()?), u64::from_le_bytes(bytes.take()?));
    Ok(BatchId::new(producer, epoch, sequence))
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or_else(unreadable)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        let [length] = self.take::<1>()?;
        let (text, rest) = self.0.split_at_checked(usize::from(length)).ok_or_else(unreadable)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| unreadable())
    }
}

fn unreadable() -> Error {
    let message = "read the usage log: another version of this program has written it";
    Error::new(ErrorKind::Misconfigured, message)
}
