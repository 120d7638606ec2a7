//! Where time comes from.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

/// A source of wall-clock time, in UTC.
///
/// Logic takes its time from here and never from the system, so that a test can move it.
///
/// ```
/// use std::time::Duration;
/// use tenancy_core::{Clock, ManualClock};
///
/// let clock = ManualClock::at_unix(1_700_000_000);
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - before, Duration::from_secs(60));
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns microseconds since the Unix epoch.
    fn now_micros(&self) -> i64;

    /// Returns the time of day, in UTC, to the microsecond.
    fn now(&self) -> OffsetDateTime {
        from_micros(self.now_micros())
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_micros(&self) -> i64 {
        let since = since_epoch();
        // Not `as_micros`: dividing 128 bits costs a third of reading the clock.
        i64::try_from(since.as_secs())
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000_000)
            .saturating_add(i64::from(since.subsec_micros()))
    }
}

/// Asks the system how long ago the Unix epoch was.
pub(crate) fn since_epoch() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `seconds` since the Unix epoch.
    pub const fn at_unix(seconds: i64) -> Self {
        Self(AtomicI64::new(seconds.saturating_mul(1_000_000)))
    }

    /// Starts at a time.
    pub fn at(time: OffsetDateTime) -> Self {
        let clock = Self::at_unix(0);
        clock.set(time);
        clock
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// Jumps to a time, backwards too: real clocks do that.
    pub fn set(&self, to: OffsetDateTime) {
        let micros = to.unix_timestamp_nanos() / 1_000;
        self.0.store(i64::try_from(micros).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_micros(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Returns a time of day, from microseconds since the Unix epoch.
pub(crate) fn from_micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
