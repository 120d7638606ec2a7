use tenancy_core::entity::{Kind, Row, Value};
use tenancy_core::{Error, ErrorKind};

/// A row as it came back, which notes what it was asked for.
#[derive(Debug)]
pub(crate) struct StoredRow {
    values: Vec<Value>,
    pub(crate) taken: Vec<(usize, Kind)>,
}

impl StoredRow {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self { values, taken: Vec::new() }
    }
}

impl Row for StoredRow {
    fn take(&mut self, index: usize, kind: Kind) -> Result<Value, Error> {
        self.taken.push((index, kind));
        let value = self.values.get(index).cloned();
        value.filter(|value| value.kind() == kind).ok_or_else(|| {
            Error::new(ErrorKind::Internal, "read a column: missing or of another type")
        })
    }
}
