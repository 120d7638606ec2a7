use std::num::NonZeroU32;
use std::time::Duration;

use super::{AtMost, Calendar, Concurrency, RateEnvelope, SlidingLog, TokenBucket};

/// How much is admitted: one of the shapes.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::{Policy, SlidingLog};
///
/// let policy = Policy::from(SlidingLog::per_second(NonZeroU32::new(5).unwrap()));
/// assert_eq!(policy.envelope().to_string(), "at most 5 in any 1 s");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// At most n in any window, exactly.
    SlidingLog(SlidingLog),
    /// At most n in any window, in constant space.
    AtMost(AtMost),
    /// A burst, and a steady rate.
    TokenBucket(TokenBucket),
    /// At most n in each period of the calendar.
    Calendar(Calendar),
    /// At most n at once.
    Concurrency(Concurrency),
}

impl Policy {
    /// Returns how many it admits when nothing was used.
    pub const fn n(self) -> NonZeroU32 {
        match self {
            Self::SlidingLog(policy) => policy.n(),
            Self::AtMost(policy) => policy.n(),
            Self::TokenBucket(policy) => policy.burst(),
            Self::Calendar(policy) => policy.n(),
            Self::Concurrency(policy) => policy.n(),
        }
    }

    /// Returns after how long everything is back that was used at one moment: the window, the
    /// time that fills the bucket, the longest period, or how long a permit lives.
    pub const fn window(self) -> Duration {
        match self {
            Self::SlidingLog(policy) => policy.per(),
            Self::AtMost(policy) => policy.per(),
            Self::TokenBucket(policy) => policy.time_to_full(),
            Self::Calendar(policy) => policy.longest_period(),
            Self::Concurrency(policy) => policy.ttl(),
        }
    }

    /// Returns the most it ever admits.
    pub const fn envelope(self) -> RateEnvelope {
        match self {
            Self::SlidingLog(policy) => policy.envelope(),
            Self::AtMost(policy) => policy.envelope(),
            Self::TokenBucket(policy) => policy.envelope(),
            Self::Calendar(policy) => policy.envelope(),
            Self::Concurrency(policy) => policy.envelope(),
        }
    }

    /// Divides it by the number of nodes that keep it each by itself.
    ///
    /// At least 1 is left for each: a limit smaller than the number of nodes can then be
    /// exceeded by all of them together.
    pub fn share_of(self, nodes: NonZeroU32) -> Self {
        match self {
            Self::SlidingLog(policy) => Self::SlidingLog(policy.share_of(nodes)),
            Self::AtMost(policy) => Self::AtMost(policy.share_of(nodes)),
            Self::TokenBucket(policy) => Self::TokenBucket(policy.share_of(nodes)),
            Self::Calendar(policy) => Self::Calendar(policy.share_of(nodes)),
            Self::Concurrency(policy) => Self::Concurrency(policy.share_of(nodes)),
        }
    }
}

macro_rules! from_shapes {
    ($($shape:ident)*) => {
        $(
            impl From<$shape> for Policy {
                fn from(policy: $shape) -> Self {
                    Self::$shape(policy)
                }
            }
        )*
    };
}
from_shapes!(SlidingLog AtMost TokenBucket Calendar Concurrency);
