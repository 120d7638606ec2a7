use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use super::{Reading, Refusal, micros};
use crate::limit::SlidingLog;

/// The hits of one subject that may still count, oldest first.
///
/// Hits of one microsecond are one entry. Each entry carries the total of all hits so far, so
/// that "how many since" is one subtraction and every search is a binary one.
///
/// A clock that goes backwards does not open the window: a hit is never older than the one
/// before it.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::{SlidingLog, step::SlidingLogState};
///
/// let policy = SlidingLog::per_second(NonZeroU32::new(2).unwrap());
/// let one = NonZeroU32::MIN;
/// let mut state = SlidingLogState::new();
/// state.charge(policy, 0, one);
/// state.charge(policy, 400_000, one);
///
/// assert!(state.read(policy, 999_999, one).refusal.is_some());
/// assert!(state.read(policy, 1_000_000, one).refusal.is_none());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlidingLogState {
    hits: VecDeque<Hits>,
    /// The total before the oldest entry.
    forgotten: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hits {
    at: i64,
    total: u64,
}

/// As many as are looked at one by one before a binary search.
const FEW: usize = 4;

impl SlidingLogState {
    /// Starts with no hits.
    pub const fn new() -> Self {
        Self { hits: VecDeque::new(), forgotten: 0 }
    }

    /// Tells whether [`read`](Self::read) would admit the cost, in less time.
    #[inline]
    pub fn admits(&self, policy: SlidingLog, now: i64, cost: NonZeroU32) -> bool {
        let n = u64::from(policy.n().get());
        // Mostly there is room even if all that is remembered counts still.
        if self.total() - self.forgotten + u64::from(cost.get()) <= n {
            return true;
        }
        let before = self.total_before(self.counted_from(policy, self.not_before_newest(now)));
        self.total() - before + u64::from(cost.get()) <= n
    }

    /// Reads where the limit stands at `now`, in microseconds, and whether it admits the cost.
    pub fn read(&self, policy: SlidingLog, now: i64, cost: NonZeroU32) -> Reading {
        let now = self.not_before_newest(now);
        let counted_from = self.counted_from(policy, now);
        let before = self.total_before(counted_from);
        let used = self.total() - before;
        let n = u64::from(policy.n().get());
        let until_expiry = |hits: &Hits| micros(hits.at.saturating_add(policy.per_micros()) - now);
        let remaining = u32::try_from(n.saturating_sub(used)).unwrap_or(u32::MAX);
        Reading {
            remaining,
            more_after: self.hits.get(counted_from).map_or(Duration::ZERO, until_expiry),
            reset_after: match self.hits.back() {
                Some(newest) if used > 0 => until_expiry(newest),
                _ => Duration::ZERO,
            },
            refusal: if cost.get() <= remaining {
                None
            } else if cost > policy.n() {
                Some(Refusal::Never)
            } else {
                let enough = before + used + u64::from(cost.get()) - n;
                let last = self.hits.partition_point(|hits| hits.total < enough);
                Some(Refusal::Wait(self.hits.get(last).map_or(policy.per(), until_expiry)))
            },
        }
    }

    /// Adds a cost that [`read`](Self::read) admitted at `now`, forgets what no longer counts,
    /// and returns where the limit stands then.
    pub fn charge(&mut self, policy: SlidingLog, now: i64, cost: NonZeroU32) -> Reading {
        let now = self.not_before_newest(now);
        self.forget_until(now.saturating_sub(policy.per_micros()));
        let total = self.total() + u64::from(cost.get());
        match self.hits.back_mut() {
            Some(newest) if newest.at == now => newest.total = total,
            _ => self.hits.push_back(Hits { at: now, total }),
        }
        let used = total - self.forgotten;
        let n = u64::from(policy.n().get());
        let oldest = self.hits.front().map_or(now, |hits| hits.at);
        Reading {
            remaining: u32::try_from(n.saturating_sub(used)).unwrap_or(u32::MAX),
            more_after: micros(oldest.saturating_add(policy.per_micros()) - now),
            reset_after: policy.per(),
            refusal: None,
        }
    }

    /// Returns the time of the newest hit, or `None` when there was none.
    pub fn newest(&self) -> Option<i64> {
        self.hits.back().map(|hits| hits.at)
    }

    fn not_before_newest(&self, now: i64) -> i64 {
        self.hits.back().map_or(now, |newest| newest.at.max(now))
    }

    /// The place of the first entry inside the window that ends at `now`.
    fn counted_from(&self, policy: SlidingLog, now: i64) -> usize {
        let expired = now.saturating_sub(policy.per_micros());
        // Where each call forgets, there are only a few to look at.
        let few = self.hits.iter().take(FEW).take_while(|hits| hits.at <= expired).count();
        if few < FEW { few } else { self.hits.partition_point(|hits| hits.at <= expired) }
    }

    fn forget_until(&mut self, expired: i64) {
        while let Some(oldest) = self.hits.front().filter(|hits| hits.at <= expired) {
            self.forgotten = oldest.total;
            self.hits.pop_front();
        }
        // After a burst the room it took is given back, half of it at a time.
        let (len, capacity) = (self.hits.len(), self.hits.capacity());
        if capacity > 64 && len < capacity / 4 {
            self.hits.shrink_to(capacity / 2);
        }
    }

    fn total(&self) -> u64 {
        self.hits.back().map_or(self.forgotten, |newest| newest.total)
    }

    fn total_before(&self, place: usize) -> u64 {
        place
            .checked_sub(1)
            .and_then(|place| self.hits.get(place))
            .map_or(self.forgotten, |hits| hits.total)
    }
}
