use std::num::NonZeroU32;
use std::time::Duration;

use super::period::{Bounds, Period};
use super::{RateEnvelope, Zone, window};

/// At most n in each second, minute, hour, day or month of the calendar.
///
/// All is back at once when the next period begins. That is what invoices and quotas want, and it
/// is the shape with a burst where two periods meet: its envelope over an interval is n for each
/// period that the interval touches, so up to 2n within a moment. Take [`AtMost`](super::AtMost)
/// where that matters.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tenancy_core::limit::{Calendar, Period, Zone};
///
/// let monthly = Calendar::new(NonZeroU32::new(10_000).unwrap(), Period::Month)
///     .in_zone(Zone::parse("America/New_York")?);
/// assert_eq!(monthly.envelope().to_string(), "at most 10000 in each month, 20000 where two meet");
/// assert_eq!(monthly.envelope().at_most_in(Duration::from_secs(60)), 20_000);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Calendar {
    n: NonZeroU32,
    period: Period,
    zone: Zone,
}

impl Calendar {
    /// Admits at most `n` in each period, in UTC.
    pub const fn new(n: NonZeroU32, period: Period) -> Self {
        Self { n, period, zone: Zone::UTC }
    }

    /// Lets days and months begin by the clocks of a zone.
    ///
    /// Shorter periods are the same everywhere: hours begin on the hour of UTC.
    pub const fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Returns how many it admits in a period.
    pub const fn n(self) -> NonZeroU32 {
        self.n
    }

    /// Returns the period.
    pub const fn period(self) -> Period {
        self.period
    }

    /// Returns the zone that days and months begin by.
    pub const fn zone(self) -> Zone {
        self.zone
    }

    /// Returns the most it ever admits.
    pub const fn envelope(self) -> RateEnvelope {
        RateEnvelope::per_period(self.n.get() as u64, self.period)
    }

    /// Divides n by the number of nodes that keep the limit each by itself; at least 1 is left.
    pub const fn share_of(self, nodes: NonZeroU32) -> Self {
        Self { n: window::share(self.n, nodes), ..self }
    }

    /// Returns the length of a period; of a month, the longest.
    pub const fn longest_period(self) -> Duration {
        self.period.longest()
    }

    /// Returns the ends of the periods around a time in microseconds since the Unix epoch.
    pub fn bounds(self, now: i64) -> Bounds {
        self.period.bounds(self.zone, now)
    }
}
