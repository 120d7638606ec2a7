//! The fields of a month's hash: `#` begins what is no count.

use tenancy_core::Error;
use tenancy_core::usage::{BatchId, Dimension, Meter, Series};

/// What changes with each change of the hash.
pub(crate) const VERSION: &str = "#version";

/// Returns the field of a series: `meter`, or `meter|dimension`.
pub(crate) fn of_series(series: &Series) -> String {
    match series.dimension() {
        None => series.meter().to_string(),
        Some(dimension) => format!("{}|{dimension}", series.meter()),
    }
}

/// Returns the field of the last sequence of a producer's run.
pub(crate) fn of_run(id: BatchId) -> String {
    format!("#{}:{}", id.producer(), id.epoch())
}

/// Reads a field; `None` for one that is no count.
pub(crate) fn series(field: &str) -> Result<Option<Series>, Error> {
    if field.starts_with('#') {
        return Ok(None);
    }
    let (meter, dimension) = match field.split_once('|') {
        None => (field, None),
        Some((meter, dimension)) => (meter, Some(Dimension::parse(dimension)?)),
    };
    Ok(Some(Series::new(Meter::parse(meter)?, dimension)))
}
