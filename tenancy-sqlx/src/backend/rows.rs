use tenancy_core::Error;
use tenancy_core::entity::Row;

use super::row::{Codec, CodedRow};

/// Reads rows as they come, so that none waits in memory for the last.
pub(super) struct Rows<'read, T, R> {
    read: &'read R,
    rows: Result<Vec<T>, Error>,
}

impl<'read, T, R> Rows<'read, T, R>
where
    R: Fn(&mut dyn Row) -> Result<T, Error>,
{
    pub(super) fn new(read: &'read R) -> Self {
        Self { read, rows: Ok(Vec::new()) }
    }

    /// Behind one that cannot be read the others are passed over: the answer is taken from the
    /// connection to its end all the same.
    pub(super) fn add<DB: Codec>(&mut self, row: &DB::Row) {
        if let Ok(rows) = &mut self.rows {
            match (self.read)(&mut CodedRow::<DB>(row)) {
                Ok(row) => rows.push(row),
                Err(error) => self.rows = Err(error),
            }
        }
    }

    pub(super) fn finish(self) -> Result<Vec<T>, Error> {
        self.rows
    }
}
