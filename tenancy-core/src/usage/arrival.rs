use std::time::Duration;

use time::OffsetDateTime;

use super::Month;
use crate::{Error, ErrorKind};

/// Where usage belongs that arrives at a time, by when it happened.
///
/// A month closes 48 hours after its end. What arrives later is an adjustment of that month,
/// beside its total, which never changes again.
///
/// ```
/// use time::macros::datetime;
/// use tenancy_core::usage::Arrival;
///
/// let happened = datetime!(2026-11-30 23:59 UTC);
/// let november = "2026-11".parse()?;
/// let arrives = |now| Arrival::of(happened, now);
/// assert_eq!(arrives(datetime!(2026-12-02 23:59:59 UTC))?, Arrival::Counts(november));
/// assert_eq!(arrives(datetime!(2026-12-03 00:00 UTC))?, Arrival::Adjusts(november));
/// assert!(arrives(datetime!(2026-11-30 23:00 UTC)).is_err(), "it has not happened yet");
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// In the total of its month.
    Counts(Month),
    /// Beside the total of a month that is closed.
    Adjusts(Month),
}

impl Arrival {
    /// How long after its end a month still takes counts: 48 hours.
    pub const GRACE: Duration = Duration::from_hours(48);

    /// How far ahead of ours a clock may be: 5 minutes.
    pub const SKEW: Duration = Duration::from_mins(5);

    /// Decides about something that happened at a time and arrives now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`], which is transient: it lies more than [`SKEW`](Self::SKEW) in
    /// the future. Either clock may be wrong; once that time has come it counts.
    pub fn of(happened: OffsetDateTime, now: OffsetDateTime) -> Result<Self, Error> {
        if happened > now + Self::SKEW {
            let message = "take usage: it lies more than 5 minutes in the future: check the clocks";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let month = Month::of(happened);
        Ok(if Self::closes(month) > now { Self::Counts(month) } else { Self::Adjusts(month) })
    }

    /// Returns when a month closes.
    pub fn closes(month: Month) -> OffsetDateTime {
        month.end() + Self::GRACE
    }
}
