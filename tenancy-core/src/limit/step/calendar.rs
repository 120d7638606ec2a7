use std::num::NonZeroU32;

use super::{Reading, Refusal, micros, part};
use crate::limit::{Calendar, Change};

/// The count of a period, and the policy it was made under.
///
/// A count stands until its period ends. So a clock that goes backwards does not begin an older
/// period.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::{Calendar, Period, step::CalendarState};
///
/// let one = NonZeroU32::MIN;
/// let mut state = CalendarState::new(Calendar::new(one, Period::Hour));
/// state.charge(3_599_999_999, one);
/// assert!(state.read(3_599_999_999, one).refusal.is_some());
/// assert!(state.read(3_600_000_000, one).refusal.is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarState {
    policy: Calendar,
    /// When the period ends.
    end: i64,
    count: u32,
}

impl CalendarState {
    /// Starts with a count of zero.
    pub const fn new(policy: Calendar) -> Self {
        Self { policy, end: i64::MIN, count: 0 }
    }

    /// Returns the policy it was made under.
    pub const fn policy(&self) -> Calendar {
        self.policy
    }

    /// Returns the state under another policy, from `now` on: the count goes into the new period.
    pub fn under(self, policy: Calendar, change: Change, now: i64) -> Self {
        if self.policy == policy {
            return self;
        }
        let count = match change {
            Change::AsIs => self.count_at(now).into(),
            Change::Proportional => part(self.count_at(now).into(), policy.n(), self.policy.n()),
            Change::Reset => 0,
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        // Only the number changed: a clock that went back stays in the period.
        let same = self.policy.period() == policy.period() && self.policy.zone() == policy.zone();
        let end = if count == 0 {
            i64::MIN
        } else if same {
            self.end
        } else {
            policy.bounds(now).end_of(now)
        };
        Self { policy, end, count }
    }

    /// Tells whether [`read`](Self::read) would admit the cost, in less time.
    #[inline]
    pub fn admits(&self, now: i64, cost: NonZeroU32) -> bool {
        cost.get() <= self.policy.n().get().saturating_sub(self.count_at(now))
    }

    /// Reads where the limit stands at `now`, in microseconds, and whether it admits the cost.
    pub fn read(&self, now: i64, cost: NonZeroU32) -> Reading {
        let n = self.policy.n();
        let used = self.count_at(now);
        let remaining = n.get().saturating_sub(used);
        let until_end = if used > 0 { micros(self.end - now) } else { micros(0) };
        Reading {
            remaining,
            more_after: until_end,
            reset_after: until_end,
            refusal: if cost.get() <= remaining {
                None
            } else if cost > n {
                Some(Refusal::Never)
            } else {
                Some(Refusal::Wait(until_end))
            },
        }
    }

    /// Takes a cost at `now`, whether [`read`](Self::read) admitted it or not.
    pub fn charge(&mut self, now: i64, cost: NonZeroU32) {
        if now >= self.end || self.count == 0 {
            self.end = self.policy.bounds(now).end_of(now);
            self.count = 0;
        }
        self.count = self.count.saturating_add(cost.get());
    }

    /// Gives a cost back that was charged at `then`, in the period that is still on.
    pub fn refund(&mut self, now: i64, cost: NonZeroU32, then: i64) {
        if now < self.end && self.policy.bounds(then).end_of(then) == self.end {
            self.count = self.count.saturating_sub(cost.get());
        }
    }

    /// When the state is the same as none.
    pub fn idle_at(&self) -> i64 {
        if self.count > 0 { self.end } else { i64::MIN }
    }

    fn count_at(&self, now: i64) -> u32 {
        if now < self.end { self.count } else { 0 }
    }
}
