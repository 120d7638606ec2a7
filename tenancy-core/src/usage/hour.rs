use std::fmt;

use time::OffsetDateTime;

use super::Month;
use crate::{Clock, Error};

/// An hour of the clock, in UTC; written `2026-11-25T13Z`.
///
/// It has the bounds of a [`Month`].
///
/// ```
/// use tenancy_core::usage::Hour;
/// use tenancy_core::{Clock, ManualClock};
///
/// let clock = ManualClock::at_unix(1_796_083_199);
/// let hour = Hour::current(&clock);
/// assert_eq!(hour.to_string(), "2026-11-30T23Z");
/// assert_eq!(hour.month().to_string(), "2026-11");
/// assert_eq!(hour.next().month().to_string(), "2026-12");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour {
    /// Whole hours since the Unix epoch.
    number: u32,
}

impl Hour {
    /// Returns the hour of a time, which may be in any zone.
    ///
    /// Times outside of the months there are fall into the first or the last hour.
    pub fn of(time: OffsetDateTime) -> Self {
        let last = Month::LAST.end().unix_timestamp() / 3_600 - 1;
        let number = time.unix_timestamp().div_euclid(3_600).clamp(0, last);
        Self { number: u32::try_from(number).unwrap_or(0) }
    }

    /// Returns the hour it is by this clock.
    pub fn current(clock: &dyn Clock) -> Self {
        let last = Month::LAST.end().unix_timestamp() / 3_600 - 1;
        let number = clock.now_micros().div_euclid(3_600_000_000).clamp(0, last);
        Self { number: u32::try_from(number).unwrap_or(0) }
    }

    /// Returns the hour of so many whole hours since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when there is no such hour.
    pub fn from_number(number: u32) -> Result<Self, Error> {
        let hour = Self { number };
        if Self::of(hour.start()) == hour {
            return Ok(hour);
        }
        Err(Error::invalid("hour", "read an hour: it lies after the last month there is"))
    }

    /// Returns how many whole hours have passed since the Unix epoch.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// Returns its first moment.
    pub fn start(self) -> OffsetDateTime {
        let seconds = i64::from(self.number) * 3_600;
        OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(Month::LAST.end())
    }

    /// Returns the month it lies in.
    pub fn month(self) -> Month {
        Month::of(self.start())
    }

    /// Returns the hour after.
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// Returns the hour before.
    pub fn previous(self) -> Self {
        self.minus(1)
    }

    /// Returns the hour so many hours later; there is a last one.
    pub fn plus(self, hours: u32) -> Self {
        Self::of(Self { number: self.number.saturating_add(hours) }.start())
    }

    /// Returns the hour so many hours earlier; there is a first one.
    pub const fn minus(self, hours: u32) -> Self {
        Self { number: self.number.saturating_sub(hours) }
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start();
        write!(f, "{}T{:02}Z", start.date(), start.hour())
    }
}

impl fmt::Debug for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hour({self})")
    }
}
