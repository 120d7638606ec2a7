use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::Zone;

/// A period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// A second.
    Second,
    /// A minute of UTC.
    Minute,
    /// An hour of UTC.
    Hour,
    /// A day of a zone.
    Day,
    /// A month of a zone.
    Month,
}

/// Where the periods around a time end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// All are as long as this many microseconds, and one ended at the Unix epoch.
    Regular(i64),
    /// The one before, the one of the time and the one after it end at these microseconds since
    /// the Unix epoch.
    Listed([i64; 3]),
}

impl Period {
    /// The length; of a day and a month, the longest.
    pub(super) const fn longest(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Month => 31 * 86_400,
        })
    }

    /// The length; of a day and a month, less than the shortest: zones have skipped days.
    pub(super) const fn shortest(self) -> Duration {
        match self {
            Self::Day => Duration::from_hours(22),
            Self::Month => Duration::from_hours(26 * 24),
            _ => self.longest(),
        }
    }

    pub(super) fn bounds(self, zone: Zone, now: i64) -> Bounds {
        match self {
            Self::Second => Bounds::Regular(1_000_000),
            Self::Minute => Bounds::Regular(60_000_000),
            Self::Hour => Bounds::Regular(3_600_000_000),
            Self::Day if zone.is_utc() => Bounds::Regular(86_400_000_000),
            Self::Day | Self::Month => self.listed(zone, now),
        }
    }

    fn listed(self, zone: Zone, now: i64) -> Bounds {
        let now = Timestamp::from_microsecond(now).unwrap_or_default();
        let today = now.to_zoned(zone.rules().clone()).date();
        let first = if self == Self::Month { today.first_of_month() } else { today };
        let begin = |periods: i64| {
            let span = if self == Self::Month { periods.months() } else { periods.days() };
            begin_of(first.saturating_add(span), zone)
        };
        Bounds::Listed([begin(0), begin(1), begin(2)])
    }
}

/// When a day begins; where a clock was put forward over midnight, a little later.
fn begin_of(date: Date, zone: Zone) -> i64 {
    let midnight = date.to_zoned(zone.rules().clone());
    midnight.map_or(i64::MAX >> 12, |midnight| midnight.timestamp().as_microsecond())
}

impl Bounds {
    /// Returns when the period of a time ends. A time beyond the ones listed is taken into the
    /// nearest.
    pub const fn end_of(self, time: i64) -> i64 {
        match self {
            Self::Regular(length) => time - time.rem_euclid(length) + length,
            Self::Listed([before, end, after]) => {
                if time < before {
                    before
                } else if time < end {
                    end
                } else {
                    after
                }
            }
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        })
    }
}
