use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tenancy_core::{Clock, SystemClock};
use tokio::sync::watch;

/// The system's clock, and how far ahead of it a test or a demonstration has gone.
///
/// It goes on by itself and is moved forward, never back. Clones are the same clock.
///
/// ```
/// use std::time::Duration;
/// use kit::DemoClock;
/// use tenancy_core::Clock as _;
///
/// let clock = DemoClock::ahead(Duration::ZERO);
/// let before = clock.now();
/// clock.advance(Duration::from_secs(86_400));
/// assert!(clock.now() - before >= Duration::from_secs(86_400));
/// ```
#[derive(Debug, Clone)]
pub struct DemoClock(Arc<State>);

#[derive(Debug)]
struct State {
    /// In microseconds.
    ahead: AtomicI64,
    moved: watch::Sender<()>,
}

impl DemoClock {
    /// The farthest it goes: about a hundred years.
    pub const FARTHEST: Duration = Duration::from_hours(100 * 365 * 24);

    /// Starts ahead of the system's clock.
    pub fn ahead(by: Duration) -> Self {
        let (moved, _) = watch::channel(());
        Self(Arc::new(State { ahead: AtomicI64::new(micros(by)), moved }))
    }

    /// Moves forward, and wakes whoever waits for a time. It stops at [`FARTHEST`](Self::FARTHEST).
    pub fn advance(&self, by: Duration) {
        let (by, most) = (micros(by), micros(Self::FARTHEST));
        let farther = |ahead: i64| Some(ahead.saturating_add(by).min(most));
        let _ = self.0.ahead.fetch_update(Ordering::SeqCst, Ordering::SeqCst, farther);
        self.0.moved.send_replace(());
    }

    /// Sees each move from now on: a worker that sleeps until a time waits for this too.
    pub fn moves(&self) -> watch::Receiver<()> {
        self.0.moved.subscribe()
    }
}

impl Clock for DemoClock {
    fn now_micros(&self) -> i64 {
        SystemClock.now_micros().saturating_add(self.0.ahead.load(Ordering::SeqCst))
    }
}

fn micros(by: Duration) -> i64 {
    i64::try_from(by.min(DemoClock::FARTHEST).as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn it_goes_forward_only_and_not_for_ever() {
        let clock = DemoClock::ahead(DAY);
        let other = DemoClock::ahead(Duration::ZERO);
        let ahead = || clock.now_micros() - SystemClock.now_micros();
        // The two are read one after the other.
        assert!((ahead() - micros(DAY)).abs() < 1_000_000);
        let before = clock.now_micros();
        clock.advance(Duration::ZERO);
        assert!(clock.now_micros() >= before);
        clock.clone().advance(DAY);
        assert!(ahead() >= micros(DAY) * 2 - 1_000_000, "a clone is the same clock");
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!((ahead() - micros(DemoClock::FARTHEST)).abs() < 1_000_000);
        assert!(other.now_micros() - SystemClock.now_micros() < 1_000_000, "another is not");
    }

    #[tokio::test]
    async fn who_waits_for_a_time_is_woken() {
        let clock = DemoClock::ahead(Duration::ZERO);
        let mut moves = clock.moves();
        assert!(!moves.has_changed().unwrap());
        clock.advance(DAY);
        moves.changed().await.unwrap();
    }
}
