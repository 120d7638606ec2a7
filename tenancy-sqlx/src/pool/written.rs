use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tenancy_core::TenantId;
use tokio::time::Instant;

/// When each tenant's last change was committed by this program, as long as that matters to readers
/// of replicas.
#[derive(Debug)]
pub(super) struct Written {
    state: Mutex<State>,
    /// A change that is older is on every replica in use.
    lag: Duration,
}

#[derive(Debug, Default)]
struct State {
    last: HashMap<TenantId, Instant>,
    /// How many there may be before old ones are forgotten.
    sweep_at: usize,
}

impl Written {
    const FEW: usize = 1_024;

    pub(super) fn new(lag: Duration) -> Self {
        Self { state: Mutex::default(), lag }
    }

    pub(super) fn note(&self, tenant: TenantId, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.len() >= state.sweep_at.max(Self::FEW) {
            state.last.retain(|_, at| now < *at + self.lag);
            state.sweep_at = state.last.len() * 2;
        }
        state.last.insert(tenant, now);
    }

    pub(super) fn last(&self, tenant: TenantId) -> Option<Instant> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last.get(&tenant).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_changes_are_forgotten_and_new_ones_never() {
        let (written, start) = (Written::new(Duration::from_secs(1)), Instant::now());
        let (a, b) = (TenantId::generate(), TenantId::generate());
        written.note(a, start);
        for _ in 0..3 * Written::FEW {
            written.note(TenantId::generate(), start);
        }
        assert_eq!(written.last(a), Some(start), "it may still matter");
        let later = start + Duration::from_secs(2);
        for _ in 0..4 * Written::FEW {
            written.note(TenantId::generate(), later);
        }
        written.note(b, later);
        assert_eq!((written.last(a), written.last(b)), (None, Some(later)));
    }
}
