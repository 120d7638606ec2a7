use std::num::NonZeroU32;
use std::time::Duration;

use super::{RateEnvelope, window};
use crate::Error;

/// A burst, and a steady rate that refills it.
///
/// Its envelope over any interval is the burst plus what the rate gives in that time. Nothing is
/// refused early, and a state is two numbers.
///
/// Counting is exact: the level is kept in units so small that a microsecond refills a whole
/// number of them. A burst and a rate for which these units would not fit into 2^51 are refused.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tenancy_core::limit::TokenBucket;
///
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let bucket = TokenBucket::per_minute(n(20), n(60))?;
/// assert_eq!(bucket.envelope().to_string(), "at most 20 and 60 more in any 60 s");
/// assert_eq!(bucket.envelope().at_most_in(Duration::from_secs(5)), 25);
/// assert_eq!(bucket.time_to_full(), Duration::from_secs(20));
/// assert!(TokenBucket::new(n(u32::MAX), n(7), Duration::from_secs(86_401)).is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenBucket {
    burst: NonZeroU32,
    n: NonZeroU32,
    /// How many units a microsecond refills: n and the period, reduced.
    leak: u32,
    per_micros: i64,
    /// How many units a token is.
    token: i64,
}

/// The most units of a burst. Doubles hold integers up to four times as many.
const MAX_UNITS: i64 = 1 << 51;

impl TokenBucket {
    /// Admits a burst at once, and `n` more in each period. Fractions of a microsecond round up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the period is not between 1 ms and
    /// 366 days long, when an empty bucket would take longer than 366 days to fill, or when it
    /// could not be counted exactly.
    pub fn new(burst: NonZeroU32, n: NonZeroU32, per: Duration) -> Result<Self, Error> {
        Self::of_micros(burst, n, window::micros(per)?)
    }

    /// Admits a burst at once, and `n` more in each second.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn per_second(burst: NonZeroU32, n: NonZeroU32) -> Result<Self, Error> {
        Self::of_micros(burst, n, 1_000_000)
    }

    /// Admits a burst at once, and `n` more in each minute.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn per_minute(burst: NonZeroU32, n: NonZeroU32) -> Result<Self, Error> {
        Self::of_micros(burst, n, 60_000_000)
    }

    /// Admits a burst at once, and `n` more in each hour.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn per_hour(burst: NonZeroU32, n: NonZeroU32) -> Result<Self, Error> {
        Self::of_micros(burst, n, 3_600_000_000)
    }

    fn of_micros(burst: NonZeroU32, n: NonZeroU32, per_micros: i64) -> Result<Self, Error> {
        let divisor = gcd(i64::from(n.get()), per_micros);
        let token = per_micros / divisor;
        let leak = u32::try_from(i64::from(n.get()) / divisor)
            .map_err(|source| Error::invalid("limit.n", "make a limit").with_source(source))?;
        let units = i64::from(burst.get()).checked_mul(token).filter(|units| *units <= MAX_UNITS);
        let Some(units) = units else {
            let message = "make a limit: this burst at this rate cannot be counted exactly: \
                           choose a rate that divides the period, or a smaller burst";
            return Err(Error::invalid("limit.burst", message));
        };
        if Duration::from_micros(units.unsigned_abs() / u64::from(leak)) > window::MAX {
            let message = "make a limit: an empty bucket fills in 366 days at most";
            return Err(Error::invalid("limit.burst", message));
        }
        Ok(Self { burst, n, leak, per_micros, token })
    }

    /// Returns how many it admits at once.
    pub const fn burst(self) -> NonZeroU32 {
        self.burst
    }

    /// Returns how many more each [period](Self::per) gives.
    pub const fn n(self) -> NonZeroU32 {
        self.n
    }

    /// Returns the period of the rate.
    pub const fn per(self) -> Duration {
        Duration::from_micros(self.per_micros.unsigned_abs())
    }

    /// Returns how long an empty bucket takes to fill.
    pub const fn time_to_full(self) -> Duration {
        let full = self.full().unsigned_abs();
        Duration::from_micros(full.div_ceil(self.leak as u64))
    }

    /// Returns the most it ever admits.
    pub const fn envelope(self) -> RateEnvelope {
        RateEnvelope::burst_and_rate(self.burst.get() as u64, self.n.get() as u64, self.per())
    }

    /// Divides the burst and the rate by the number of nodes that keep the limit each by itself.
    ///
    /// At least a burst of 1 is left. A rate too small to be counted exactly rounds down to the
    /// next period that can be, and stays as it is when there is none.
    pub fn share_of(self, nodes: NonZeroU32) -> Self {
        let burst = window::share(self.burst, nodes);
        let divided = NonZeroU32::new(self.n.get() / nodes.get());
        let slower = self.per_micros.checked_mul(i64::from(nodes.get()));
        let exact = slower.and_then(|per| Self::of_micros(burst, self.n, per).ok());
        let rounded = || divided.and_then(|n| Self::of_micros(burst, n, self.per_micros).ok());
        exact.or_else(rounded).unwrap_or(Self { burst, ..self })
    }

    pub(super) const fn token(self) -> i64 {
        self.token
    }

    pub(super) const fn leak(self) -> i64 {
        self.leak as i64
    }

    /// The units of a full bucket.
    pub(super) const fn full(self) -> i64 {
        self.burst.get() as i64 * self.token
    }
}

const fn gcd(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
