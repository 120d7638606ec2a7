use std::num::NonZeroU32;

use super::{Reading, Refusal, micros, part};
use crate::limit::{AtMost, Change};

/// The counts of the newest 16 buckets, and the policy they were made under.
///
/// A hit counts until a window has passed since the last microsecond of its bucket. A clock that
/// goes backwards does not open the window: what comes then goes into the newest bucket.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::{AtMost, step::AtMostState};
///
/// let one = NonZeroU32::MIN;
/// let mut state = AtMostState::new(AtMost::per_minute(one));
/// state.charge(1_000_000, one);
/// // The bucket is the first four seconds.
/// assert!(state.read(63_999_998, one).refusal.is_some());
/// assert!(state.read(63_999_999, one).refusal.is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtMostState {
    policy: AtMost,
    /// The number of the newest bucket since the Unix epoch.
    newest: i64,
    /// The counts, newest first.
    counts: [u32; AtMost::BUCKETS],
}

impl AtMostState {
    /// Starts with no hits.
    pub const fn new(policy: AtMost) -> Self {
        Self { policy, newest: 0, counts: [0; AtMost::BUCKETS] }
    }

    /// Returns the policy it was made under.
    pub const fn policy(&self) -> AtMost {
        self.policy
    }

    /// Returns the state under another policy, from `now` on.
    ///
    /// Hits that counted until now are taken to have come at the end of their bucket.
    pub fn under(self, policy: AtMost, change: Change, now: i64) -> Self {
        if self.policy == policy {
            return self;
        }
        let mut new = Self::new(policy);
        if change == Change::Reset {
            return new;
        }
        let now = self.not_before_newest(now);
        for (age, count) in self.counted(now) {
            let count = i64::from(count);
            let count = match change {
                Change::Proportional => part(count, policy.n(), self.policy.n()),
                Change::AsIs | Change::Reset => count,
            };
            // They came at some time up to now.
            let at = (self.end_of(age) - 1).min(now);
            new.add(at / policy.bucket_micros(), u32::try_from(count).unwrap_or(u32::MAX));
        }
        new
    }

    /// Tells whether [`read`](Self::read) would admit the cost, in less time.
    pub fn admits(&self, now: i64, cost: NonZeroU32) -> bool {
        u64::from(cost.get()) + self.used_at(self.not_before_newest(now))
            <= u64::from(self.policy.n().get())
    }

    /// Reads where the limit stands at `now`, in microseconds, and whether it admits the cost.
    pub fn read(&self, now: i64, cost: NonZeroU32) -> Reading {
        let now = self.not_before_newest(now);
        let n = u64::from(self.policy.n().get());
        let used = self.used_at(now);
        let remaining = u32::try_from(n.saturating_sub(used)).unwrap_or(0);
        let until_forgotten = |age| micros(self.forgotten_at(age) - now);
        let ages = || self.counted(now).map(|(age, _)| age);
        Reading {
            remaining,
            more_after: ages().next().map_or(micros(0), until_forgotten),
            reset_after: ages().last().map_or(micros(0), until_forgotten),
            refusal: if cost.get() <= remaining {
                None
            } else if cost > self.policy.n() {
                Some(Refusal::Never)
            } else {
                let mut enough = used + u64::from(cost.get()) - n;
                let last = self.counted(now).find(|(_, count)| {
                    enough = enough.saturating_sub(u64::from(*count));
                    enough == 0
                });
                Some(Refusal::Wait(last.map_or(self.policy.per(), |(age, _)| until_forgotten(age))))
            },
        }
    }

    /// Takes a cost at `now`, whether [`read`](Self::read) admitted it or not.
    pub fn charge(&mut self, now: i64, cost: NonZeroU32) {
        let now = self.not_before_newest(now);
        self.add(now / self.policy.bucket_micros(), cost.get());
    }

    /// Gives a cost back that was charged at `then`: it is taken out of the bucket of that time.
    pub fn refund(&mut self, cost: NonZeroU32, then: i64) {
        let age = self.newest - then.max(0) / self.policy.bucket_micros();
        if let Some(count) = usize::try_from(age).ok().and_then(|age| self.counts.get_mut(age)) {
            *count = count.saturating_sub(cost.get());
        }
        if self.counts.iter().all(|count| *count == 0) {
            // As good as none: it does not hold a clock that goes backwards either.
            self.newest = 0;
        }
    }

    /// When the state is the same as none.
    pub fn idle_at(&self) -> i64 {
        let newest = self.counts.iter().position(|count| *count > 0);
        newest.map_or(i64::MIN, |age| self.forgotten_at(age))
    }

    fn used_at(&self, now: i64) -> u64 {
        self.counted(now).map(|(_, count)| u64::from(count)).sum()
    }

    /// The ages and counts of the buckets that count at `now`, oldest first.
    fn counted(&self, now: i64) -> impl Iterator<Item = (usize, u32)> + use<'_> {
        let ages = self.counts.iter().copied().enumerate().rev();
        ages.filter(move |(age, count)| *count > 0 && self.forgotten_at(*age) > now)
    }

    /// Adds to a bucket, which becomes the newest when it is newer.
    fn add(&mut self, bucket: i64, count: u32) {
        let newer = bucket - self.newest;
        if newer > 0 {
            let newer = usize::try_from(newer).unwrap_or(usize::MAX).min(AtMost::BUCKETS);
            self.counts.rotate_right(newer % AtMost::BUCKETS);
            self.counts[..newer].fill(0);
            self.newest = bucket;
        }
        let age = usize::try_from(self.newest - bucket).unwrap_or(0);
        if let Some(counted) = self.counts.get_mut(age) {
            *counted = counted.saturating_add(count);
        }
    }

    fn not_before_newest(&self, now: i64) -> i64 {
        now.max(self.newest * self.policy.bucket_micros())
    }

    /// The first microsecond after a bucket.
    fn end_of(&self, age: usize) -> i64 {
        let bucket = self.newest - i64::try_from(age).unwrap_or(0);
        (bucket + 1) * self.policy.bucket_micros()
    }

    fn forgotten_at(&self, age: usize) -> i64 {
        self.end_of(age) - 1 + self.policy.per_micros()
    }
}
