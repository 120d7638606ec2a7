use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Whether a server is worth asking: opens after failures in a row; then one caller a while
/// tries, until one succeeds.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// In a row. The only thing looked at while all is well.
    failures: AtomicU32,
    try_again_at: Mutex<Option<Instant>>,
}

/// Why a caller may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// All is well.
    Usual,
    /// To find out whether all is well again.
    Trial,
}

impl Breaker {
    const FAILURES: u32 = 3;
    /// The first pause; it doubles with each failed attempt, up to 8 times.
    const PAUSE: Duration = Duration::from_millis(250);

    /// Tells whether, and why, to ask. While it is open, the one it lets through is the only one for a
    /// pause: a caller that never reports back blocks nobody for longer.
    pub(super) fn admits(&self, now: Instant) -> Option<Admission> {
        let failures = self.failures.load(Ordering::Relaxed);
        if failures < Self::FAILURES {
            return Some(Admission::Usual);
        }
        let mut try_again_at = self.try_again_at.lock().unwrap_or_else(PoisonError::into_inner);
        if try_again_at.is_some_and(|at| now < at) {
            return None;
        }
        *try_again_at = Some(now + Self::pause(failures));
        Some(Admission::Trial)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.failures.load(Ordering::Relaxed) < Self::FAILURES
    }

    pub(super) fn succeeded(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    /// Tells whether this is the failure that opens it.
    pub(super) fn failed(&self, now: Instant) -> bool {
        // Enough for the longest pause; it never wraps.
        let failures = self.failures.load(Ordering::Relaxed).saturating_add(1);
        self.failures.store(failures, Ordering::Relaxed);
        let mut try_again_at = self.try_again_at.lock().unwrap_or_else(PoisonError::into_inner);
        *try_again_at = Some(now + Self::pause(failures));
        failures == Self::FAILURES
    }

    fn pause(failures: u32) -> Duration {
        Self::PAUSE * (1 << failures.saturating_sub(Self::FAILURES).min(3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let opened: Vec<_> = (0..Breaker::FAILURES).map(|_| breaker.failed(start)).collect();
        assert_eq!(opened, [false, false, true]);
        assert_eq!((breaker.admits(start), breaker.is_closed()), (None, false));
        let later = start + Breaker::PAUSE;
        assert_eq!(breaker.admits(later), Some(Admission::Trial), "one tries");
        assert_eq!(breaker.admits(later), None, "and only one");
        breaker.failed(later);
        assert_eq!(breaker.admits(later + Breaker::PAUSE), None, "the pause has doubled");
        assert!(breaker.admits(later + Breaker::PAUSE * 2).is_some());
        breaker.succeeded();
        assert_eq!(breaker.admits(later), Some(Admission::Usual));
        assert!(!breaker.failed(later), "it counts from nothing again");
    }

    #[test]
    fn no_pause_is_longer_than_two_seconds() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..99 {
            breaker.failed(start);
        }
        assert!(breaker.admits(start + Duration::from_secs(2)).is_some());
    }
}
