use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, UtcOffset};

use crate::{Clock, Error};

/// A calendar month, in UTC; written `2026-11`.
///
/// Years run from 1970 to 9998: then every month has an end that can be named.
///
/// ```
/// use tenancy_core::usage::Month;
/// use tenancy_core::{Clock, ManualClock};
///
/// let clock = ManualClock::at_unix(1_796_083_199);
/// let november: Month = "2026-11".parse()?;
/// assert_eq!(Month::current(&clock), november);
/// assert_eq!(november.next().to_string(), "2026-12");
/// assert!(november.contains(clock.now()));
/// assert!("2026-13".parse::<Month>().is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// The first month there is.
    pub const FIRST: Self = Self { year: 1970, month: 1 };
    /// The last month there is.
    pub const LAST: Self = Self { year: 9998, month: 12 };

    /// How long the counts of a month are kept after its end: 90 days.
    pub const KEPT: Duration = Duration::from_hours(90 * 24);

    /// Names a month by its year and its number, 1 to 12.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when there is no such month.
    pub fn new(year: u16, month: u8) -> Result<Self, Error> {
        if (Self::FIRST.year..=Self::LAST.year).contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(Error::invalid("month", "read a month: something like 2026-11 is expected"))
        }
    }

    /// Returns the month of a time, which may be in any zone.
    ///
    /// Times outside of the years above fall into the first or the last month.
    pub fn of(time: OffsetDateTime) -> Self {
        let Some(utc) = time.checked_to_offset(UtcOffset::UTC) else {
            return Self::LAST;
        };
        let year = u16::try_from(utc.year().max(0)).unwrap_or(u16::MAX);
        Self { year, month: u8::from(utc.month()) }.clamp(Self::FIRST, Self::LAST)
    }

    /// Returns the month it is by this clock.
    pub fn current(clock: &dyn Clock) -> Self {
        Self::of(clock.now())
    }

    /// Returns the month after; the last one stays.
    pub const fn next(self) -> Self {
        match self {
            Self::LAST => self,
            Self { year, month: 12 } => Self { year: year + 1, month: 1 },
            Self { year, month } => Self { year, month: month + 1 },
        }
    }

    /// Returns the month before; the first one stays.
    pub const fn previous(self) -> Self {
        match self {
            Self::FIRST => self,
            Self { year, month: 1 } => Self { year: year - 1, month: 12 },
            Self { year, month } => Self { year, month: month - 1 },
        }
    }

    /// Returns its first moment.
    pub fn start(self) -> OffsetDateTime {
        first_of(self.year, self.month)
    }

    /// Returns the first moment after it.
    pub fn end(self) -> OffsetDateTime {
        match self.month {
            12 => first_of(self.year + 1, 1),
            month => first_of(self.year, month + 1),
        }
    }

    /// Returns the moment from which its counts may be forgotten.
    pub fn kept_until(self) -> OffsetDateTime {
        self.end() + Self::KEPT
    }

    /// Tells whether a time lies in it.
    pub fn contains(self, time: OffsetDateTime) -> bool {
        (self.start()..self.end()).contains(&time)
    }
}

fn first_of(year: u16, month: u8) -> OffsetDateTime {
    time::Month::try_from(month)
        .and_then(|month| Date::from_calendar_date(i32::from(year), month, 1))
        .map_or(OffsetDateTime::UNIX_EPOCH, |date| date.midnight().assume_utc())
}

impl FromStr for Month {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match text.split_once('-') {
            Some((year, month))
                if year.len() == 4 && month.len() == 2 && digits(year) && digits(month) =>
            {
                Self::new(year.parse().unwrap_or(0), month.parse().unwrap_or(0))
            }
            _ => Self::new(0, 0),
        }
    }
}

impl TryFrom<String> for Month {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}
