//! Whether the source is worth asking.

/// Opens after failures in a row; then one caller a while tries, until one succeeds.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Microseconds of the clock.
    closed_again_at: i64,
}

impl Breaker {
    const FAILURES: u32 = 5;
    /// The first pause; it doubles with each failed attempt, up to 64 times.
    const PAUSE: i64 = 250_000;

    /// Tells whether to ask. While it is open, the one it lets through is the only one for a
    /// pause: a caller that never reports back blocks nobody for longer.
    pub(super) fn admits(&mut self, now: i64) -> bool {
        if self.failures < Self::FAILURES {
            return true;
        }
        // A clock that was set back must not keep it open.
        let is_far = self.closed_again_at - now > Self::PAUSE * 64;
        if now < self.closed_again_at && !is_far {
            return false;
        }
        self.closed_again_at = now + self.pause();
        true
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    pub(super) fn failed(&mut self, now: i64) {
        self.failures = self.failures.saturating_add(1);
        self.closed_again_at = now + self.pause();
    }

    fn pause(&self) -> i64 {
        Self::PAUSE << self.failures.saturating_sub(Self::FAILURES).min(6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try() {
        let mut breaker = Breaker::default();
        for _ in 0..Breaker::FAILURES - 1 {
            breaker.failed(0);
        }
        assert!(breaker.admits(0));
        breaker.failed(0);
        assert!(!breaker.admits(0) && !breaker.admits(Breaker::PAUSE - 1));
        assert!(breaker.admits(Breaker::PAUSE), "one tries");
        assert!(!breaker.admits(Breaker::PAUSE), "and only one");
        breaker.failed(Breaker::PAUSE);
        assert!(!breaker.admits(Breaker::PAUSE * 2), "the pause has doubled");
        assert!(breaker.admits(Breaker::PAUSE * 3));
        breaker.succeeded();
        assert!(breaker.admits(0));
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_keep_it_open() {
        let mut breaker = Breaker::default();
        (0..9).for_each(|_| breaker.failed(1 << 50));
        assert!(breaker.admits(0));
    }
}
