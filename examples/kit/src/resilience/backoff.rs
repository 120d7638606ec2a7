use std::time::Duration;

/// Pauses that double, up to a longest one, each shortened by chance so that many who wait do not
/// come back together.
///
/// ```
/// use std::time::Duration;
/// use kit::resilience::Backoff;
///
/// let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
/// assert_eq!(backoff.longest(0), Duration::from_secs(1));
/// assert_eq!(backoff.longest(3), Duration::from_secs(8));
/// assert_eq!(backoff.longest(400), Duration::from_secs(60));
/// let pause = backoff.pause(3);
/// assert!(pause >= Duration::from_secs(4) && pause <= Duration::from_secs(8));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Begins with `first`, and never pauses longer than `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// Returns how long the pause after so many tries may be.
    pub fn longest(self, tried: u32) -> Duration {
        let factor = 2_u32.saturating_pow(tried.min(31));
        self.first.saturating_mul(factor).min(self.longest)
    }

    /// Returns a pause after so many tries: from half of the longest possible to all of it.
    pub fn pause(self, tried: u32) -> Duration {
        let mut chance = [0; 4];
        // Without chance the longest: nobody comes back sooner than asked to.
        let chance = getrandom::fill(&mut chance).map_or(u32::MAX, |()| u32::from_ne_bytes(chance));
        let longest = self.longest(tried);
        longest / 2 + (longest / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_and_stay_within_their_bounds() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let pauses: Vec<_> = (0..100).map(|_| backoff.pause(2)).collect();
        let (low, high) = (Duration::from_millis(200), Duration::from_millis(400));
        assert!(pauses.iter().all(|pause| (low..=high).contains(pause)), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
