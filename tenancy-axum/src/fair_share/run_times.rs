use std::time::Duration;

/// How long requests run.
pub(super) struct RunTimes {
    typical: Duration,
    mean: Duration,
}

impl RunTimes {
    pub(super) const fn new() -> Self {
        Self { typical: FIRST_GUESS, mean: Duration::ZERO }
    }

    pub(super) fn learn(&mut self, ran: Duration) {
        let step = self.typical / PARTS;
        self.typical = if ran > self.typical {
            self.typical.saturating_add(step)
        } else {
            self.typical.saturating_sub(step).max(SHORTEST)
        };
        self.mean = if self.mean.is_zero() {
            ran
        } else {
            self.mean.saturating_mul(PARTS - 1).saturating_add(ran) / PARTS
        };
    }

    /// Returns what about half of the requests are within. One alone moves it little, however long
    /// it runs.
    pub(super) const fn typical(&self) -> Duration {
        self.typical
    }

    /// Returns the mean of the last ones.
    pub(super) const fn mean(&self) -> Duration {
        self.mean
    }
}

const FIRST_GUESS: Duration = Duration::from_millis(10);
const SHORTEST: Duration = Duration::from_micros(1);
const PARTS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_alone_changes_little() {
        let mut times = RunTimes::new();
        for turn in 0..1_000 {
            times.learn(Duration::from_millis(50 + turn * 37 % 100));
        }
        let before = times.typical();
        assert!((80..120).contains(&before.as_millis()), "{before:?}");
        times.learn(Duration::MAX);
        assert!(times.typical() <= before * 17 / 16);
        for _ in 0..1_000 {
            times.learn(Duration::ZERO);
        }
        assert_eq!(times.typical(), SHORTEST);
    }
}
