use std::fmt;

use crate::{Clock as _, ManualClock};

/// A source of time that never steps: what the end of a lease is counted on.
///
/// It must run on while the machine sleeps. Only differences mean something.
pub trait SteadyClock: fmt::Debug + Send + Sync + 'static {
    /// Returns microseconds since some moment.
    fn steady_micros(&self) -> i64;
}

/// The system's steady clock.
///
/// On Linux, Android and Fuchsia it is `CLOCK_BOOTTIME`, which counts while the machine sleeps.
/// On Apple's systems it is `CLOCK_MONOTONIC`, which counts there too. Elsewhere it is the monotonic
/// clock of the system. Where that one stands still, a machine that sleeps in the middle of a lease
/// may spend it although others have had its tokens since.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSteadyClock;

#[cfg(unix)]
impl SteadyClock for SystemSteadyClock {
    fn steady_micros(&self) -> i64 {
        use rustix::time::{ClockId, clock_gettime};

        #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
        const CLOCK: ClockId = ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "fuchsia")))]
        const CLOCK: ClockId = ClockId::Monotonic;
        let now = clock_gettime(CLOCK);
        now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000)
    }
}

#[cfg(not(unix))]
impl SteadyClock for SystemSteadyClock {
    fn steady_micros(&self) -> i64 {
        use std::sync::LazyLock;
        use std::time::Instant;

        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        i64::try_from(START.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl SteadyClock for ManualClock {
    fn steady_micros(&self) -> i64 {
        self.now_micros()
    }
}
