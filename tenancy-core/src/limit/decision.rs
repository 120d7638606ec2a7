use std::time::Duration;

use super::step::{Reading, Refusal};
use super::{Limit, LimitName, Policy};
use crate::Error;

/// The answer of a [`RateLimiter`](super::RateLimiter): allowed or limited, and where each
/// limit stands.
///
/// When allowed, the numbers are those after the charge; when limited, nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    first: LimitStatus,
    rest: Vec<LimitStatus>,
    binding: usize,
    source: Source,
}

/// Who made a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The place that counts for everybody: the envelope holds.
    Exact,
    /// This process alone, on its share of the limit, because that place did not answer.
    LocalShare,
    /// Nobody: that place did not answer, and the program chose to let calls pass.
    Unchecked,
}

impl Decision {
    /// Puts a decision together from the readings of its limits, in the order of the limits.
    ///
    /// It is limited as soon as one limit refuses. The one that [binds](Self::binding) is the
    /// refusing one with the longest wait, else the one with the least remaining; the first of
    /// equals.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without limits.
    pub fn from_readings<'a>(
        readings: impl IntoIterator<Item = (&'a Limit, Reading)>,
        source: Source,
    ) -> Result<Self, Error> {
        let mut statuses =
            readings.into_iter().map(|(limit, reading)| LimitStatus::new(limit, reading));
        let Some(first) = statuses.next() else {
            return Err(Error::invalid("limits", "put a decision together: it has no limits"));
        };
        let mut decision = Self { first, rest: statuses.collect(), binding: 0, source };
        decision.binding = decision.most_restrictive();
        Ok(decision)
    }

    /// Replaces the reading of each limit, by its place.
    pub(super) fn read_anew(&mut self, mut read: impl FnMut(usize) -> Reading) {
        for (place, status) in std::iter::once(&mut self.first).chain(&mut self.rest).enumerate() {
            status.reading = read(place);
        }
        self.binding = self.most_restrictive();
    }

    fn most_restrictive(&self) -> usize {
        let mut most = (0, self.first.severity());
        for (index, status) in self.rest.iter().enumerate() {
            if status.severity() > most.1 {
                most = (index + 1, status.severity());
            }
        }
        most.0
    }

    /// Tells whether the call may go on.
    pub fn is_allowed(&self) -> bool {
        // The binding limit is a refusing one as soon as there is one.
        self.binding().is_admitting()
    }

    /// Returns where each limit stands, in the order they were given.
    pub fn limits(&self) -> impl Iterator<Item = &LimitStatus> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Returns the limit that decided: the refusing one, or the nearest to refusing.
    pub fn binding(&self) -> &LimitStatus {
        match self.binding.checked_sub(1) {
            None => &self.first,
            Some(index) => &self.rest[index],
        }
    }

    /// Returns the place of the [`binding`](Self::binding) limit among those given.
    pub const fn binding_index(&self) -> usize {
        self.binding
    }

    /// Returns how long to wait before trying again; `None` when allowed, or when waiting does
    /// not help.
    pub fn retry_after(&self) -> Option<Duration> {
        // The binding limit has the longest wait of those that refuse.
        self.binding().retry_after()
    }

    /// Returns who decided.
    pub const fn source(&self) -> Source {
        self.source
    }
}

/// Where one limit stands after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitStatus {
    name: LimitName,
    policy: Policy,
    reading: Reading,
}

impl LimitStatus {
    fn new(limit: &Limit, reading: Reading) -> Self {
        Self { name: limit.name().clone(), policy: limit.policy(), reading }
    }

    /// Returns the name of the limit.
    pub const fn name(&self) -> &LimitName {
        &self.name
    }

    /// Returns the policy.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns all its numbers.
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// Returns how much is left.
    pub const fn remaining(&self) -> u32 {
        self.reading.remaining
    }

    /// Returns how long until more is left than now; zero when nothing is used.
    pub const fn more_after(&self) -> Duration {
        self.reading.more_after
    }

    /// Returns how long until everything is available again; zero when it is.
    pub const fn reset_after(&self) -> Duration {
        self.reading.reset_after
    }

    /// Returns how long until this limit admits the same call; `None` when it did, or never will.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.reading.refusal {
            Some(Refusal::Wait(wait)) => Some(wait),
            Some(Refusal::Never) | None => None,
        }
    }

    /// Tells whether this limit admits the call; another one may have refused it.
    pub const fn is_admitting(&self) -> bool {
        self.reading.refusal.is_none()
    }

    /// Tells whether the cost was above the limit: no waiting will help.
    pub const fn is_impossible(&self) -> bool {
        matches!(self.reading.refusal, Some(Refusal::Never))
    }

    // Greater is more restrictive: a refusal before any remainder.
    fn severity(&self) -> (u8, Duration, u32) {
        let scarcity = u32::MAX - self.reading.remaining;
        match self.reading.refusal {
            Some(Refusal::Never) => (2, Duration::MAX, scarcity),
            Some(Refusal::Wait(wait)) => (1, wait, scarcity),
            None => (0, Duration::ZERO, scarcity),
        }
    }
}
