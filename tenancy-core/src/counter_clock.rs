//! The system's time, read from the processor.

use std::cell::Cell;
use std::fmt;

use crate::Clock;
use crate::clock::since_epoch;

/// The system's clock, counted on by the processor: less than half the time of
/// [`SystemClock`](crate::SystemClock).
///
/// Each thread asks the system once a millisecond, and adds what the processor's counter says has
/// passed since. So a step of the system's clock is seen a millisecond late at most, and threads
/// differ by less than a microsecond otherwise. Where the processor has no counter that runs evenly,
/// the system is asked each time.
///
/// Limits, resolution and counting read the time for each request: give them this clock where that
/// counts. Make it at start: the first one in a process measures the counter, which takes some
/// milliseconds, and 200 at most.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::CounterClock;
/// use tenancy_core::limit::MemoryRateLimiter;
///
/// let limiter = MemoryRateLimiter::new(Arc::new(CounterClock::new()));
/// ```
#[derive(Clone)]
pub struct CounterClock {
    counter: quanta::Clock,
}

/// What the system said, and what the counter showed then.
#[derive(Clone, Copy)]
struct Asked {
    counter: u64,
    /// Since the Unix epoch.
    nanos: u64,
}

thread_local! {
    /// Of all clocks: there is one counter.
    static ASKED: Cell<Asked> = const { Cell::new(Asked { counter: 0, nanos: 0 }) };
}

const ASK_EVERY_NANOS: u64 = 1_000_000;
/// A thread that was interrupted while it asked does not know what the counter showed.
const ASKED_WITHIN_NANOS: u64 = 1_000;

impl CounterClock {
    /// Measures the counter, unless that was done before in this process.
    pub fn new() -> Self {
        Self { counter: quanta::Clock::new() }
    }

    #[cold]
    fn ask(&self) -> i64 {
        let before = self.counter.raw();
        let nanos = u64::try_from(since_epoch().as_nanos()).unwrap_or(u64::MAX);
        if self.counter.delta_as_nanos(before, self.counter.raw()) <= ASKED_WITHIN_NANOS {
            ASKED.with(|asked| asked.set(Asked { counter: before, nanos }));
        }
        micros(nanos)
    }
}

impl Default for CounterClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for CounterClock {
    fn now_micros(&self) -> i64 {
        let counter = self.counter.raw();
        let asked = ASKED.with(Cell::get);
        // A counter that went back is another one: the machine has moved.
        if counter >= asked.counter {
            let since = self.counter.delta_as_nanos(asked.counter, counter);
            if since < ASK_EVERY_NANOS {
                return micros(asked.nanos + since);
            }
        }
        self.ask()
    }
}

fn micros(nanos: u64) -> i64 {
    i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
}

impl fmt::Debug for CounterClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CounterClock").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::SystemClock;

    /// What asking takes, and a microsecond cut off.
    const NEAR_MICROS: i64 = 3;

    #[test]
    fn it_shows_the_time_of_the_system() {
        let clock = CounterClock::new();
        let follow = || {
            for _ in 0..100_000 {
                // Whatever interrupts the thread comes between these two.
                let before = SystemClock.now_micros();
                let shown = clock.now_micros();
                let after = SystemClock.now_micros();
                assert!(before - NEAR_MICROS <= shown, "{shown} is before {before}");
                assert!(shown <= after + NEAR_MICROS, "{shown} is after {after}");
            }
        };
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(follow);
            }
        });
    }

    #[test]
    fn a_counter_that_went_back_is_asked_anew() {
        let clock = CounterClock::new();
        ASKED.with(|asked| asked.set(Asked { counter: u64::MAX, nanos: 17 }));
        let before = SystemClock.now_micros();
        assert!(clock.now_micros() >= before - NEAR_MICROS);
    }
}
