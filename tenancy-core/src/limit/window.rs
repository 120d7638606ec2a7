//! The lengths that every shape counts over.

use std::time::Duration;

use crate::Error;

/// The shortest window. Shorter ones end before an answer has travelled.
pub(super) const MIN: Duration = Duration::from_millis(1);
/// The longest window: 366 days.
pub(super) const MAX: Duration = Duration::from_hours(366 * 24);

/// Returns the length in microseconds. Fractions of a microsecond round up.
pub(super) fn micros(per: Duration) -> Result<i64, Error> {
    if per < MIN || per > MAX {
        let message = "make a limit: a window is between 1 ms and 366 days long";
        return Err(Error::invalid("limit.per", message));
    }
    i64::try_from(per.as_nanos().div_ceil(1_000))
        .map_err(|source| Error::invalid("limit.per", "make a limit").with_source(source))
}

/// Divides a count by a number of nodes; at least 1 is left for each.
pub(super) const fn share(
    n: std::num::NonZeroU32,
    nodes: std::num::NonZeroU32,
) -> std::num::NonZeroU32 {
    match std::num::NonZeroU32::new(n.get() / nodes.get()) {
        Some(n) => n,
        None => std::num::NonZeroU32::MIN,
    }
}
