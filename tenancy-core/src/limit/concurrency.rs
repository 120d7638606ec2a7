use std::num::NonZeroU32;
use std::time::Duration;

use super::{RateEnvelope, window};
use crate::Error;

/// At most n at once: permits that are given back, or heal.
///
/// A call that is admitted holds a permit under its [`ChargeId`](super::ChargeId) until it
/// releases it. A holder that died heals: its permit ends by itself a `ttl` after it was taken or
/// last renewed. A call takes one permit, whatever it costs.
///
/// Its envelope is "at most n at once", as long as every holder stops, or renews its permit, before
/// it ends.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tenancy_core::limit::Concurrency;
///
/// let exports = Concurrency::new(NonZeroU32::new(3).unwrap(), Duration::from_secs(30))?;
/// assert_eq!(exports.envelope().to_string(), "at most 3 at once");
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concurrency {
    n: NonZeroU32,
    ttl_micros: i64,
}

impl Concurrency {
    /// The largest n: each permit is remembered.
    pub const MAX_N: NonZeroU32 = NonZeroU32::new(10_000).expect("ten thousand is not zero");

    /// Admits at most `n` at once; a permit ends by itself after `ttl`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when `n` is above [`MAX_N`](Self::MAX_N)
    /// or `ttl` is not between 1 ms and 366 days.
    pub fn new(n: NonZeroU32, ttl: Duration) -> Result<Self, Error> {
        if n > Self::MAX_N {
            let message = "make a limit: at most 10000 permits are held at once";
            return Err(Error::invalid("limit.n", message));
        }
        Ok(Self { n, ttl_micros: window::micros(ttl)? })
    }

    /// Returns how many it admits at once.
    pub const fn n(self) -> NonZeroU32 {
        self.n
    }

    /// Returns after how long a permit ends that nobody renews.
    pub const fn ttl(self) -> Duration {
        Duration::from_micros(self.ttl_micros.unsigned_abs())
    }

    /// Returns the most it ever admits.
    pub const fn envelope(self) -> RateEnvelope {
        RateEnvelope::at_once(self.n.get() as u64)
    }

    /// Divides n by the number of nodes that keep the limit each by itself; at least 1 is left.
    pub const fn share_of(self, nodes: NonZeroU32) -> Self {
        Self { n: window::share(self.n, nodes), ..self }
    }

    pub(super) const fn ttl_micros(self) -> i64 {
        self.ttl_micros
    }
}
