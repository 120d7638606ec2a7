use super::{Reading, Refusal, micros};
use crate::limit::{ChargeId, Concurrency};

/// The permits that are held, and when each ends.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tenancy_core::limit::{ChargeId, Concurrency, step::ConcurrencyState};
///
/// let one_at_once = Concurrency::new(NonZeroU32::MIN, Duration::from_secs(10))?;
/// let mut state = ConcurrencyState::new();
/// let (first, second) = (ChargeId::generate(), ChargeId::generate());
/// state.take(one_at_once, 0, first);
/// assert!(state.read(one_at_once, 0, Some(second)).refusal.is_some());
/// state.release(first);
/// assert!(state.read(one_at_once, 0, Some(second)).refusal.is_none());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConcurrencyState {
    /// In the order they end.
    permits: Vec<(i64, ChargeId)>,
}

impl ConcurrencyState {
    /// Starts with no permit held.
    pub const fn new() -> Self {
        Self { permits: Vec::new() }
    }

    /// Reads where the limit stands at `now`, in microseconds, and whether it admits a call of
    /// this id. The one that holds a permit already is admitted: it takes no other.
    pub fn read(&self, policy: Concurrency, now: i64, id: Option<ChargeId>) -> Reading {
        let held = &self.permits[self.ended(now)..];
        let n = policy.n().get();
        let remaining = n.saturating_sub(u32::try_from(held.len()).unwrap_or(u32::MAX));
        let until = |permit: Option<&(i64, ChargeId)>| permit.map_or(0, |(end, _)| end - now);
        // So many must end before one is free.
        let too_many = held.len().saturating_sub(n as usize);
        let admits = remaining > 0 || held.iter().any(|(_, of)| Some(*of) == id);
        Reading {
            remaining,
            more_after: micros(until(held.first())),
            reset_after: micros(until(held.last())),
            refusal: (!admits).then(|| Refusal::Wait(micros(until(held.get(too_many))))),
        }
    }

    /// Takes a permit, or renews the one of this id.
    pub fn take(&mut self, policy: Concurrency, now: i64, id: ChargeId) {
        self.permits.drain(..self.ended(now));
        self.release(id);
        let permit = (now.saturating_add(policy.ttl_micros()), id);
        let place = self.permits.partition_point(|held| *held <= permit);
        self.permits.insert(place, permit);
    }

    /// Gives a permit back.
    pub fn release(&mut self, id: ChargeId) {
        self.permits.retain(|(_, of)| *of != id);
    }

    /// Tells whether a permit of this id is held.
    pub fn is_held(&self, now: i64, id: ChargeId) -> bool {
        self.permits[self.ended(now)..].iter().any(|(_, of)| *of == id)
    }

    /// When the state is the same as none.
    pub fn idle_at(&self) -> i64 {
        self.permits.last().map_or(i64::MIN, |(end, _)| *end)
    }

    /// How many have ended.
    fn ended(&self, now: i64) -> usize {
        self.permits.partition_point(|(end, _)| *end <= now)
    }
}
