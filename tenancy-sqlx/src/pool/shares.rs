use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tenancy_core::{Error, ErrorKind, TenantId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::gate::wait;

/// The queues of tenants for their own share of the connections: who waits there stands in nobody
/// else's way.
#[derive(Debug, Default)]
pub(super) struct Shares(Mutex<Queues>);

#[derive(Debug, Default)]
struct Queues {
    by_tenant: HashMap<TenantId, Queue>,
    /// How many there may be before those that nobody uses are forgotten.
    sweep_at: usize,
}

#[derive(Debug)]
struct Queue {
    width: usize,
    slots: Arc<Semaphore>,
    /// How many slots in use are not to come back, since the width was made smaller.
    debt: Arc<AtomicUsize>,
}

/// A slot in use.
pub(super) struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    debt: Arc<AtomicUsize>,
}

impl Shares {
    const FEW: usize = 64;

    /// Waits for one of `width` slots of a tenant, in the order of asking.
    pub(super) async fn enter(
        &self,
        tenant: TenantId,
        width: u32,
        deadline: Instant,
    ) -> Result<Slot, Error> {
        let (slots, debt) = self.queue(tenant, width as usize);
        let permit = wait(&slots, deadline).await.map_err(|error| match error.kind() {
            ErrorKind::Overloaded => Error::new(
                ErrorKind::Overloaded,
                "begin a transaction: the tenant has its share of the connections in use: raise \
                 TenantShare::connections, or end transactions sooner",
            ),
            _ => error,
        })?;
        Ok(Slot { permit: Some(permit), debt })
    }

    fn queue(&self, tenant: TenantId, width: usize) -> (Arc<Semaphore>, Arc<AtomicUsize>) {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.by_tenant.len() >= queues.sweep_at.max(Self::FEW) {
            // Whoever waits or has a slot holds the queue too.
            queues.by_tenant.retain(|_, queue| Arc::strong_count(&queue.slots) > 1);
            queues.sweep_at = queues.by_tenant.len() * 2;
        }
        let queue = queues.by_tenant.entry(tenant).or_insert_with(|| Queue::new(width));
        queue.resize(width);
        (queue.slots.clone(), queue.debt.clone())
    }
}

impl Queue {
    fn new(width: usize) -> Self {
        Self { width, slots: Arc::new(Semaphore::new(width)), debt: Arc::default() }
    }

    /// Follows a share that has changed: more is there at once, less when slots come back.
    fn resize(&mut self, width: usize) {
        if width > self.width {
            let mut more = width - self.width;
            while more > 0 && pay(&self.debt) {
                more -= 1;
            }
            self.slots.add_permits(more);
        } else if width < self.width {
            let less = self.width - width;
            let owed = less - self.slots.forget_permits(less);
            self.debt.fetch_add(owed, Ordering::SeqCst);
        }
        self.width = width;
    }
}

/// Takes one off a debt, if there is one.
fn pay(debt: &AtomicUsize) -> bool {
    let less = |owed: usize| owed.checked_sub(1);
    debt.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take()
            && pay(&self.debt)
        {
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test(start_paused = true)]
    async fn one_tenant_waits_and_another_does_not() {
        let (shares, a, b) = (Shares::default(), TenantId::generate(), TenantId::generate());
        let held = shares.enter(a, 1, soon()).await.expect("free");
        let error = shares.enter(a, 1, soon()).await.err().expect("in use");
        assert_eq!(error.kind(), ErrorKind::Overloaded);
        shares.enter(b, 1, soon()).await.expect("its own");
        drop(held);
        shares.enter(a, 1, soon()).await.expect("free again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_that_shrinks_takes_hold_as_slots_come_back() {
        let (shares, a, b) = (Shares::default(), TenantId::generate(), TenantId::generate());
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(shares.enter(a, 3, soon()).await.expect("free"));
        }
        // Two are too many from now on.
        assert!(shares.enter(a, 1, soon()).await.is_err());
        held.pop();
        held.pop();
        assert!(shares.enter(a, 1, soon()).await.is_err(), "one is still in use");
        // Half of the way back.
        held.push(shares.enter(a, 2, soon()).await.expect("free"));
        assert!(shares.enter(a, 2, soon()).await.is_err());
        held.clear();
        held.push(shares.enter(a, 2, soon()).await.expect("free"));
        held.push(shares.enter(a, 2, soon()).await.expect("free"));
        assert!(shares.enter(a, 2, soon()).await.is_err());
        shares.enter(b, 1, soon()).await.expect("its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_that_grows_again_owes_less() {
        let (shares, a, b) = (Shares::default(), TenantId::generate(), TenantId::generate());
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(shares.enter(a, 3, soon()).await.expect("free"));
        }
        assert!(shares.enter(a, 1, soon()).await.is_err());
        held.push(shares.enter(a, 4, soon()).await.expect("one more"));
        assert!(shares.enter(a, 4, soon()).await.is_err(), "four and no more");
        held.clear();
        for _ in 0..4 {
            held.push(shares.enter(a, 4, soon()).await.expect("free"));
        }
        assert!(shares.enter(a, 4, soon()).await.is_err());
        shares.enter(b, 4, soon()).await.expect("its own");
    }

    #[tokio::test(start_paused = true)]
    async fn queues_that_nobody_uses_are_forgotten() {
        let shares = Shares::default();
        let held = shares.enter(TenantId::generate(), 1, soon()).await.expect("free");
        for _ in 0..10 * Shares::FEW {
            shares.enter(TenantId::generate(), 1, soon()).await.expect("free");
        }
        let count = shares.0.lock().expect("no panic").by_tenant.len();
        assert!(count <= 2 * Shares::FEW, "{count}");
        drop(held);
    }
}
