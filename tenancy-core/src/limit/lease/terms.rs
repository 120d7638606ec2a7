use std::time::Duration;

use crate::Error;

/// How long a lease is, and how often it is renewed.
///
/// All nodes that share limits must use the same length.
///
/// ```
/// use std::time::Duration;
/// use tenancy_core::limit::lease::LeaseTerms;
///
/// let terms = LeaseTerms::new(Duration::from_secs(1), Duration::from_millis(50))?;
/// assert_eq!(terms.usable(), Duration::from_millis(985));
/// assert!(LeaseTerms::new(Duration::from_secs(1), Duration::from_millis(900)).is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    length: i64,
    refresh: i64,
}

impl LeaseTerms {
    /// The shortest lease: shorter ones end while an answer is on its way.
    pub const MIN_LENGTH: Duration = Duration::from_millis(100);
    /// The longest lease. What a node that died had taken is missing for as long.
    pub const MAX_LENGTH: Duration = Duration::from_mins(1);

    /// A lease of 2 s that is renewed each 100 ms while it is used.
    pub const DEFAULT: Self = Self { length: 2_000_000, refresh: 100_000 };

    /// Makes terms: how long a lease is, and for how long a node takes tokens ahead.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the length is not between
    /// [`MIN_LENGTH`](Self::MIN_LENGTH) and [`MAX_LENGTH`](Self::MAX_LENGTH), or a refresh not
    /// between 1 ms and a quarter of the length.
    pub fn new(length: Duration, refresh: Duration) -> Result<Self, Error> {
        if length < Self::MIN_LENGTH || length > Self::MAX_LENGTH {
            let message = "make terms of a lease: a lease is between 100 ms and 60 s long";
            return Err(Error::invalid("lease.length", message));
        }
        if refresh < Duration::from_millis(1) || refresh > length / 4 {
            let message = "make terms of a lease: it is renewed after 1 ms at least, and four \
                           times in its length";
            return Err(Error::invalid("lease.refresh", message));
        }
        Ok(Self { length: micros(length), refresh: micros(refresh) })
    }

    /// Returns for how long the server keeps a lease.
    pub const fn length(self) -> Duration {
        Duration::from_micros(self.length.unsigned_abs())
    }

    /// Returns for how long a node takes tokens ahead.
    pub const fn refresh(self) -> Duration {
        Duration::from_micros(self.refresh.unsigned_abs())
    }

    /// Returns for how long a holder uses a lease, from before it asked: 1 % and 5 ms less than
    /// the length. So much may two clocks differ.
    pub const fn usable(self) -> Duration {
        Duration::from_micros(self.usable_micros().unsigned_abs())
    }

    pub(super) const fn length_micros(self) -> i64 {
        self.length
    }

    pub(super) const fn refresh_micros(self) -> i64 {
        self.refresh
    }

    pub(super) const fn usable_micros(self) -> i64 {
        self.length - self.length / 100 - 5_000
    }
}

impl Default for LeaseTerms {
    fn default() -> Self {
        Self::DEFAULT
    }
}

// At most a minute.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
