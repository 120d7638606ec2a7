use std::num::NonZeroU32;
use std::time::Duration;

use super::{RateEnvelope, window};
use crate::Error;

/// At most n in any window, in constant space: the honest "n per window".
///
/// The window is counted in 16 buckets, each a fifteenth of it long. A hit counts as if it came
/// at the end of its bucket. So the envelope is that of [`SlidingLog`](super::SlidingLog), "at
/// most n in any window", and the price is that a hit is forgotten up to a fifteenth of the
/// window late: a caller that asks evenly gets at least 15/16 of n.
///
/// A state takes 80 bytes in memory and 33 to 81 in Redis, whatever n is.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tenancy_core::limit::AtMost;
///
/// const THOUSAND: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
/// const PER_HOUR: AtMost = AtMost::per_hour(THOUSAND);
/// assert_eq!(PER_HOUR.envelope().to_string(), "at most 1000 in any 3600 s");
/// assert_eq!(PER_HOUR.bucket(), Duration::from_secs(240));
/// assert!(AtMost::new(THOUSAND, Duration::from_secs(3_650 * 86_400)).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AtMost {
    n: NonZeroU32,
    per_micros: i64,
}

impl AtMost {
    /// In how many buckets a window is counted.
    pub const BUCKETS: usize = 16;

    /// Admits at most `n` in any window of this length. Fractions of a microsecond round up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the window is not between 1 ms and
    /// 366 days long.
    pub fn new(n: NonZeroU32, per: Duration) -> Result<Self, Error> {
        Ok(Self { n, per_micros: window::micros(per)? })
    }

    /// Admits at most `n` in any second.
    pub const fn per_second(n: NonZeroU32) -> Self {
        Self { n, per_micros: 1_000_000 }
    }

    /// Admits at most `n` in any minute.
    pub const fn per_minute(n: NonZeroU32) -> Self {
        Self { n, per_micros: 60_000_000 }
    }

    /// Admits at most `n` in any hour.
    pub const fn per_hour(n: NonZeroU32) -> Self {
        Self { n, per_micros: 3_600_000_000 }
    }

    /// Admits at most `n` in any 24 hours.
    pub const fn per_day(n: NonZeroU32) -> Self {
        Self { n, per_micros: 86_400_000_000 }
    }

    /// Returns how many it admits.
    pub const fn n(self) -> NonZeroU32 {
        self.n
    }

    /// Returns the length of the window.
    pub const fn per(self) -> Duration {
        Duration::from_micros(self.per_micros.unsigned_abs())
    }

    /// Returns the length of a bucket: how late a hit may be forgotten.
    pub const fn bucket(self) -> Duration {
        Duration::from_micros(self.bucket_micros().unsigned_abs())
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

    /// A fifteenth: the sixteenth bucket is the one that is only partly inside.
    pub(super) const fn bucket_micros(self) -> i64 {
        (self.per_micros + 14) / 15
    }
}
