use jiff::Timestamp;
use time::Time;

use super::{Policy, Zone};
use crate::{Clock, Error};

/// A policy that depends on the time of day, by the clocks of a tenant's zone.
///
/// It is asked for the policy of the moment before each call; what was used when it changes is
/// what [`Limit::on_change`](super::Limit::on_change) says. Hours are those that a wall clock
/// shows: where it is put forward or back, a period is an hour shorter or longer.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::{AtMost, Limit, LimitName, Schedule, Zone};
/// use tenancy_core::ManualClock;
/// use time::macros::{datetime, time};
///
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let exports = Schedule::new(AtMost::per_hour(n(100)))
///     .in_zone(Zone::parse("Asia/Kolkata")?)
///     .during(time!(22:00), time!(6:00), AtMost::per_hour(n(5_000)))?;
///
/// // Half past ten in the evening in Kolkata.
/// let clock = ManualClock::at(datetime!(2026-11-25 17:00 UTC));
/// let limit = Limit::new(LimitName::TENANT, exports.now(&clock));
/// assert_eq!(limit.policy().n(), n(5_000));
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    usual: Policy,
    zone: Zone,
    hours: Vec<Hours>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hours {
    from: Time,
    to: Time,
    policy: Policy,
}

impl Schedule {
    /// Has this policy whenever no other one is set, and counts hours in UTC.
    pub fn new(usual: impl Into<Policy>) -> Self {
        Self { usual: usual.into(), zone: Zone::UTC, hours: Vec::new() }
    }

    /// Takes hours by the clocks of a zone.
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Has another policy each day between two times; over midnight when the second is earlier.
    /// Where hours overlap, those that were set first count.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when both are the same time.
    pub fn during(
        mut self,
        from: Time,
        to: Time,
        policy: impl Into<Policy>,
    ) -> Result<Self, Error> {
        if from == to {
            let message = "make a schedule: hours that begin and end at one time are none: \
                           name two times";
            return Err(Error::invalid("schedule.hours", message));
        }
        self.hours.push(Hours { from, to, policy: policy.into() });
        Ok(self)
    }

    /// Returns the policy of this moment.
    pub fn now(&self, clock: &dyn Clock) -> Policy {
        let now = Timestamp::from_microsecond(clock.now_micros()).unwrap_or_default();
        let shown = self.zone.rules().to_datetime(now).time();
        // A leap second is shown as the one before it.
        let hms = [shown.hour(), shown.minute(), shown.second()].map(i8::unsigned_abs);
        let shown = Time::from_hms(hms[0], hms[1], hms[2]).unwrap_or(Time::MIDNIGHT);
        let of_now = self.hours.iter().find(|hours| hours.contain(shown));
        of_now.map_or(self.usual, |hours| hours.policy)
    }
}

impl Hours {
    fn contain(&self, time: Time) -> bool {
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}
