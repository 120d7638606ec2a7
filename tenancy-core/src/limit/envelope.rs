use std::fmt;
use std::time::Duration;

use super::Period;

/// The most a policy ever admits: what you may promise to those behind you.
///
/// Intervals are half open: of two hits exactly one window apart, one is inside.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tenancy_core::limit::SlidingLog;
///
/// let envelope = SlidingLog::per_minute(NonZeroU32::new(60).unwrap()).envelope();
/// assert_eq!(envelope.to_string(), "at most 60 in any 60 s");
/// assert_eq!(envelope.at_most_in(Duration::from_secs(60)), 60);
/// assert_eq!(envelope.at_most_in(Duration::from_secs(61)), 120);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateEnvelope(Bound);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Window { most: u64, window: Duration },
    Rate { burst: u64, n: u64, per: Duration },
    Period { most: u64, period: Period },
    AtOnce { most: u64 },
}

impl RateEnvelope {
    pub(super) const fn per_window(most: u64, window: Duration) -> Self {
        Self(Bound::Window { most, window })
    }

    pub(super) const fn burst_and_rate(burst: u64, n: u64, per: Duration) -> Self {
        Self(Bound::Rate { burst, n, per })
    }

    pub(super) const fn per_period(most: u64, period: Period) -> Self {
        Self(Bound::Period { most, period })
    }

    pub(super) const fn at_once(most: u64) -> Self {
        Self(Bound::AtOnce { most })
    }

    /// Returns the most that is admitted in any interval of this length, to the microsecond.
    ///
    /// A limit of how many run at once does not bound it: `u64::MAX`.
    pub fn at_most_in(&self, interval: Duration) -> u64 {
        let micros = interval.as_nanos().div_ceil(1_000);
        if micros == 0 {
            return 0;
        }
        let most = match self.0 {
            Bound::Window { most, window } => {
                u128::from(most).checked_mul(micros.div_ceil(window.as_micros().max(1)))
            }
            Bound::Rate { burst, n, per } => u128::from(n)
                .checked_mul(micros)
                .map(|units| u128::from(burst) + units / per.as_micros().max(1)),
            Bound::Period { most, period } => {
                let touched = (micros - 1).div_ceil(period.shortest().as_micros()) + 1;
                u128::from(most).checked_mul(touched)
            }
            Bound::AtOnce { .. } => None,
        };
        most.and_then(|most| u64::try_from(most).ok()).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for RateEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Bound::Window { most, window } => {
                write!(f, "at most {most} in any {}", Length(window))
            }
            Bound::Rate { burst, n, per } => {
                write!(f, "at most {burst} and {n} more in any {}", Length(per))
            }
            Bound::Period { most, period } => {
                write!(f, "at most {most} in each {period}, {} where two meet", most * 2)
            }
            Bound::AtOnce { most } => write!(f, "at most {most} at once"),
        }
    }
}

/// A length in the largest unit that tells it exactly.
struct Length(Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        if micros.is_multiple_of(1_000_000) {
            write!(f, "{} s", micros / 1_000_000)
        } else if micros.is_multiple_of(1_000) {
            write!(f, "{} ms", micros / 1_000)
        } else {
            write!(f, "{micros} µs")
        }
    }
}
