use std::fmt;
use std::time::Duration;

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
pub struct RateEnvelope {
    most: u64,
    window: Duration,
}

impl RateEnvelope {
    pub(super) const fn per_window(most: u64, window: Duration) -> Self {
        Self { most, window }
    }

    /// Returns the most that is admitted in any interval of this length.
    pub fn at_most_in(&self, interval: Duration) -> u64 {
        let windows = interval.as_nanos().div_ceil(self.window.as_nanos().max(1));
        self.most.saturating_mul(u64::try_from(windows).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for RateEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} in any ", self.most)?;
        let micros = self.window.as_micros();
        if micros.is_multiple_of(1_000_000) {
            write!(f, "{} s", micros / 1_000_000)
        } else if micros.is_multiple_of(1_000) {
            write!(f, "{} ms", micros / 1_000)
        } else {
            write!(f, "{micros} µs")
        }
    }
}
