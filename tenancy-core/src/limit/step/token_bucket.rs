use std::num::NonZeroU32;
use std::time::Duration;

use super::{Reading, Refusal, part};
use crate::limit::{Change, TokenBucket};

/// What is used of a bucket, and since when: two numbers and the policy they were made under.
///
/// A bucket that went into debt admits again when the debt is paid. At least one burst of debt is
/// remembered.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::{TokenBucket, step::TokenBucketState};
///
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let mut state = TokenBucketState::new(TokenBucket::per_second(n(2), n(1))?);
/// state.charge(0, n(2));
/// assert!(state.read(999_999, n(1)).refusal.is_some());
/// assert!(state.read(1_000_000, n(1)).refusal.is_none());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBucketState {
    policy: TokenBucket,
    /// In units of the policy.
    used: i64,
    /// When that much was used.
    at: i64,
}

/// The most that is remembered as used, in units.
const MOST: i64 = 1 << 52;

impl TokenBucketState {
    /// Starts with a full bucket.
    pub const fn new(policy: TokenBucket) -> Self {
        Self { policy, used: 0, at: 0 }
    }

    /// Returns the policy it was made under.
    pub const fn policy(&self) -> TokenBucket {
        self.policy
    }

    /// Puts a state together from its [words](Self::words).
    #[inline]
    pub(in crate::limit) const fn of_words(policy: TokenBucket, [used, at]: [i64; 2]) -> Self {
        Self { policy, used, at }
    }

    /// Returns what is kept of it beside the policy.
    #[inline]
    pub(in crate::limit) const fn words(&self) -> [i64; 2] {
        [self.used, self.at]
    }

    /// Returns the state under another policy, from `now` on.
    ///
    /// A token of which a part is back still counts as used.
    pub fn under(self, policy: TokenBucket, change: Change, now: i64) -> Self {
        if self.policy == policy {
            return self;
        }
        let now = now.max(self.at);
        let used = self.used_at(now);
        let tokens = used / self.policy.token() + i64::from(used % self.policy.token() > 0);
        let tokens = match change {
            Change::AsIs => tokens,
            Change::Proportional => part(tokens, policy.burst(), self.policy.burst()),
            Change::Reset => 0,
        };
        // Both are below 2^52.
        let used = if tokens >= MOST / policy.token() { MOST } else { tokens * policy.token() };
        Self { policy, used, at: now }
    }

    /// Tells whether [`read`](Self::read) would admit the cost, in less time.
    #[inline]
    pub fn admits(&self, now: i64, cost: NonZeroU32) -> bool {
        let left = self.policy.full() - self.used_at(now.max(self.at));
        // No more than a burst fits into the units of a full bucket.
        cost <= self.policy.burst() && i64::from(cost.get()) * self.policy.token() <= left
    }

    /// Reads where the limit stands at `now`, in microseconds, and whether it admits the cost.
    #[inline]
    pub fn read(&self, now: i64, cost: NonZeroU32) -> Reading {
        let used = self.used_at(now.max(self.at));
        let (full, token) = (self.policy.full(), self.policy.token());
        let remaining = if used < full { (full - used) / token } else { 0 };
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
        // As much as lets that many be left.
        let until_left = |tokens: u32| {
            let short = used - (full - i64::from(tokens) * token);
            self.time_of(short.max(0))
        };
        let burst = self.policy.burst();
        Reading {
            remaining,
            more_after: if used > 0 {
                until_left(remaining.saturating_add(1).min(burst.get()))
            } else {
                Duration::ZERO
            },
            reset_after: self.time_of(used),
            refusal: if cost.get() <= remaining {
                None
            } else if cost > burst {
                Some(Refusal::Never)
            } else {
                Some(Refusal::Wait(until_left(cost.get())))
            },
        }
    }

    /// Takes a cost at `now`, whether [`read`](Self::read) admitted it or not.
    #[inline]
    pub fn charge(&mut self, now: i64, cost: NonZeroU32) {
        let now = now.max(self.at);
        let cost = i64::from(cost.get());
        let used = self.used_at(now);
        let units = cost.checked_mul(self.policy.token());
        self.used = units.map_or(MOST, |units| (used.saturating_add(units)).min(MOST));
        self.at = now;
    }

    /// Gives a cost back that was charged at `then`.
    ///
    /// What the bucket gained since then may have been lost to it had it been full, and is not
    /// given back: so the envelope holds for what was charged and not given back.
    pub fn refund(&mut self, now: i64, cost: NonZeroU32, then: i64) {
        let now = now.max(self.at);
        let (token, leak) = (self.policy.token(), self.policy.leak());
        let units = i64::from(cost.get()).saturating_mul(token).min(MOST);
        let since = now.saturating_sub(then).max(0);
        let gained = if since > units / leak { units } else { (since * leak).min(units) };
        self.used = (self.used_at(now) - (units - gained)).max(0);
        self.at = now;
    }

    /// When the state is the same as none.
    pub fn idle_at(&self) -> i64 {
        self.at.saturating_add(micros_of(self.time_of(self.used)))
    }

    #[inline]
    fn used_at(&self, now: i64) -> i64 {
        let (since, leak) = (now.saturating_sub(self.at), self.policy.leak());
        // What does not fit is more than a bucket ever holds. A division takes longer.
        since.checked_mul(leak).map_or(0, |back| (self.used - back).max(0))
    }

    #[inline]
    fn time_of(&self, units: i64) -> Duration {
        let leak = self.policy.leak();
        super::micros(units / leak + i64::from(units % leak > 0))
    }
}

fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
