use std::num::NonZeroU32;
use std::time::Duration;

use super::{RateEnvelope, window};
use crate::Error;

/// At most n in any window: exact, without a burst where two windows meet.
///
/// Every admitted hit is remembered until its window has passed, 16 bytes each in memory and
/// 11 in Redis. Its envelope is "at most n in any window", and nothing is refused early.
///
/// n and the window may change while in use. Hits stay counted; a window that grew counts those
/// that were still remembered.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tenancy_core::limit::SlidingLog;
///
/// const HUNDRED: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// const PER_MINUTE: SlidingLog = SlidingLog::per_minute(HUNDRED);
///
/// let per_ten_seconds = SlidingLog::new(HUNDRED, Duration::from_secs(10))?;
/// assert_eq!(per_ten_seconds.envelope().to_string(), "at most 100 in any 10 s");
/// assert!(SlidingLog::new(HUNDRED, Duration::ZERO).is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlidingLog {
    n: NonZeroU32,
    per_micros: i64,
}

impl SlidingLog {
    /// The largest n: each hit is remembered, and a million of them take 16 MB.
    pub const MAX_N: NonZeroU32 = NonZeroU32::new(1_000_000).expect("a million is not zero");
    /// The shortest window. Shorter ones end before an answer has travelled.
    pub const MIN_PER: Duration = window::MIN;
    /// The longest window: 366 days. For longer ones count usage instead.
    pub const MAX_PER: Duration = window::MAX;

    /// Admits at most `n` in any window of this length. Fractions of a microsecond round up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when `n` is above [`MAX_N`](Self::MAX_N)
    /// or the window is not between [`MIN_PER`](Self::MIN_PER) and [`MAX_PER`](Self::MAX_PER).
    pub fn new(n: NonZeroU32, per: Duration) -> Result<Self, Error> {
        if n > Self::MAX_N {
            return Err(Error::invalid(
                "limit.n",
                "make a limit: at most 1000000 hits are counted",
            ));
        }
        let per_micros = window::micros(per)?;
        Ok(Self { n, per_micros })
    }

    /// Admits at most `n` in any second; above [`MAX_N`](Self::MAX_N) it is brought down to it.
    pub const fn per_second(n: NonZeroU32) -> Self {
        Self::of_seconds(n, 1)
    }

    /// Admits at most `n` in any minute; above [`MAX_N`](Self::MAX_N) it is brought down to it.
    pub const fn per_minute(n: NonZeroU32) -> Self {
        Self::of_seconds(n, 60)
    }

    /// Admits at most `n` in any hour; above [`MAX_N`](Self::MAX_N) it is brought down to it.
    pub const fn per_hour(n: NonZeroU32) -> Self {
        Self::of_seconds(n, 3_600)
    }

    const fn of_seconds(n: NonZeroU32, seconds: i64) -> Self {
        let n = if n.get() > Self::MAX_N.get() { Self::MAX_N } else { n };
        Self { n, per_micros: seconds * 1_000_000 }
    }

    /// Returns how many it admits.
    pub const fn n(self) -> NonZeroU32 {
        self.n
    }

    /// Returns the length of the window.
    pub const fn per(self) -> Duration {
        Duration::from_micros(self.per_micros.unsigned_abs())
    }

    /// Returns the most it ever admits.
    pub const fn envelope(self) -> RateEnvelope {
        RateEnvelope::per_window(self.n.get() as u64, self.per())
    }

    /// Divides n by the number of nodes that keep the limit each by itself; at least 1 is left.
    pub const fn share_of(self, nodes: NonZeroU32) -> Self {
        Self { n: window::share(self.n, nodes), ..self }
    }

    pub(super) const fn per_micros(self) -> i64 {
        self.per_micros
    }
}
