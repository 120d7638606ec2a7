use std::num::NonZeroU32;
use std::time::Duration;

use super::{RateEnvelope, SlidingLog};

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
}

impl Policy {
    /// Returns how many it admits when nothing was used.
    pub const fn n(self) -> NonZeroU32 {
        match self {
            Self::SlidingLog(policy) => policy.n(),
        }
    }

    /// Returns the length of the window it counts over.
    pub const fn window(self) -> Duration {
        match self {
            Self::SlidingLog(policy) => policy.per(),
        }
    }

    /// Returns the most it ever admits.
    pub const fn envelope(self) -> RateEnvelope {
        match self {
            Self::SlidingLog(policy) => policy.envelope(),
        }
    }

    /// Divides it by the number of nodes that keep it each by itself.
    ///
    /// At least 1 is left for each: a limit smaller than the number of nodes can then be
    /// exceeded by all of them together.
    pub const fn share_of(self, nodes: NonZeroU32) -> Self {
        match self {
            Self::SlidingLog(policy) => Self::SlidingLog(policy.share_of(nodes)),
        }
    }
}

impl From<SlidingLog> for Policy {
    fn from(policy: SlidingLog) -> Self {
        Self::SlidingLog(policy)
    }
}
