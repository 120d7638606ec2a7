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
    granted: u32,
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
    /// It is limited as soon as one limit refuses that is no [shadow](Limit::in_shadow). The one
    /// that [binds](Self::binding) is the refusing one with the longest wait, else the one with the
    /// least remaining; the first of equals. A shadow binds only when there is nothing else.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without limits.
    pub fn from_readings<'a>(
        readings: impl IntoIterator<Item = (&'a Limit, Reading)>,
        source: Source,
    ) -> Result<Self, Error> {
        Self::granted_from(readings, source, 0)
    }

    /// Puts a decision together as [`from_readings`](Self::from_readings) does, which granted so
    /// much.
    #[inline]
    pub(super) fn granted_from<'a>(
        readings: impl IntoIterator<Item = (&'a Limit, Reading)>,
        source: Source,
        granted: u32,
    ) -> Result<Self, Error> {
        let mut readings = readings.into_iter();
        let Some((limit, reading)) = readings.next() else {
            return Err(Error::invalid("limits", "put a decision together: it has no limits"));
        };
        let mut rest = Vec::with_capacity(readings.size_hint().0);
        rest.extend(readings.map(|(limit, reading)| LimitStatus::new(limit, reading)));
        let binding = most_restrictive(severity(limit.is_shadow(), reading), &rest);
        // Last, and in its place: a decision is large, and it costs as much to move it as to make it.
        Ok(Self { first: LimitStatus::new(limit, reading), rest, binding, granted, source })
    }

    /// Puts a decision over one limit together.
    #[inline]
    pub(super) fn of_one(limit: &Limit, reading: Reading, source: Source, granted: u32) -> Self {
        let first = LimitStatus::new(limit, reading);
        Self { first, rest: Vec::new(), binding: 0, granted, source }
    }

    /// Replaces the reading of each limit, by its place and what it was.
    pub(super) fn read_anew(&mut self, mut read: impl FnMut(usize, Reading) -> Reading) {
        for (place, status) in std::iter::once(&mut self.first).chain(&mut self.rest).enumerate() {
            status.reading = read(place, status.reading);
        }
        self.binding = most_restrictive(self.first.severity(), &self.rest);
    }

    /// Says how much of the cost was charged, or given back.
    pub fn granting(self, granted: u32) -> Self {
        Self { granted, ..self }
    }

    /// Tells whether the call may go on.
    pub fn is_allowed(&self) -> bool {
        // The binding limit is a refusing one as soon as there is one.
        let binding = self.binding();
        binding.is_admitting() || binding.is_shadow()
    }

    /// Returns how much was charged: the cost, less of it after [`up_to`](super::Call::up_to),
    /// nothing when limited. After a refund, how much was given back; after a release or a
    /// renewal, 1 when the permits were held.
    pub const fn granted(&self) -> u32 {
        self.granted
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
        if self.is_allowed() { None } else { self.binding().retry_after() }
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
    is_shadow: bool,
    reading: Reading,
}

impl LimitStatus {
    #[inline]
    fn new(limit: &Limit, reading: Reading) -> Self {
        let (name, policy) = (limit.name().clone(), limit.policy());
        Self { name, policy, is_shadow: limit.is_shadow(), reading }
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

    /// Tells whether the limit only watches, and refuses nothing.
    pub const fn is_shadow(&self) -> bool {
        self.is_shadow
    }

    /// Tells whether this limit admits the call; another one may have refused it.
    pub const fn is_admitting(&self) -> bool {
        self.reading.refusal.is_none()
    }

    /// Tells whether the cost was above the limit: no waiting will help.
    pub const fn is_impossible(&self) -> bool {
        matches!(self.reading.refusal, Some(Refusal::Never))
    }

    const fn severity(&self) -> Severity {
        severity(self.is_shadow, self.reading)
    }
}

/// Greater is more restrictive: a refusal before any remainder, and anything before a shadow.
type Severity = (u8, Duration, u32);

const fn severity(is_shadow: bool, reading: Reading) -> Severity {
    let scarcity = u32::MAX - reading.remaining;
    match reading.refusal {
        _ if is_shadow => (0, Duration::ZERO, 0),
        Some(Refusal::Never) => (3, Duration::MAX, scarcity),
        Some(Refusal::Wait(wait)) => (2, wait, scarcity),
        None => (1, Duration::ZERO, scarcity),
    }
}

/// Returns the place of the most restrictive status; the first of equals.
fn most_restrictive(first: Severity, rest: &[LimitStatus]) -> usize {
    let mut most = (0, first);
    for (index, status) in rest.iter().enumerate() {
        if status.severity() > most.1 {
            most = (index + 1, status.severity());
        }
    }
    most.0
}
