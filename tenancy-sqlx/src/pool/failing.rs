use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenancy_core::TenantId;
use tokio::time::Instant;

use super::breaker::{Admission, Breaker};

/// The tenants of a server whose own database does not answer: each has a breaker of its own, so
/// that one of them says little about the server, and nothing about the others.
#[derive(Debug, Default)]
pub(super) struct Failing {
    tenants: Mutex<HashMap<TenantId, Breaker>>,
    /// How many there are. The only thing looked at while all is well.
    count: AtomicUsize,
}

impl Failing {
    /// Tells whether, and why, to ask the database of a tenant.
    pub(super) fn admits(&self, tenant: TenantId, now: Instant) -> Option<Admission> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return Some(Admission::Usual);
        }
        match self.tenants().get(&tenant) {
            Some(breaker) => breaker.admits(now),
            None => Some(Admission::Usual),
        }
    }

    pub(super) fn succeeded(&self, tenant: TenantId) {
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut tenants = self.tenants();
        tenants.remove(&tenant);
        self.count.store(tenants.len(), Ordering::Relaxed);
    }

    /// Tells whether it is the first time in a row for this tenant.
    pub(super) fn failed(&self, tenant: TenantId, now: Instant) -> bool {
        let mut tenants = self.tenants();
        let is_new = !tenants.contains_key(&tenant);
        tenants.entry(tenant).or_default().failed(now);
        self.count.store(tenants.len(), Ordering::Relaxed);
        is_new
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, Breaker>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tenant_is_left_alone_and_others_are_not() {
        let (failing, now) = (Failing::default(), Instant::now());
        let (bad, good) = (TenantId::generate(), TenantId::generate());
        let first: Vec<_> = (0..3).map(|_| failing.failed(bad, now)).collect();
        assert_eq!(first, [true, false, false]);
        assert_eq!(failing.admits(bad, now), None);
        assert_eq!(failing.admits(good, now), Some(Admission::Usual));
        failing.succeeded(bad);
        assert_eq!(failing.admits(bad, now), Some(Admission::Usual));
        assert!(failing.failed(bad, now), "it counts from nothing again");
    }
}
