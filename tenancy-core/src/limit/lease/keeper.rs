use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use foldhash::fast::RandomState;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::tenant::TenantLeases;
use super::{LeaseBooks, LeaseTerms, SteadyClock};
use crate::TenantId;

/// What a limiter and the tasks that renew its leases share.
pub(super) struct Keeping {
    pub(super) books: Arc<dyn LeaseBooks>,
    pub(super) clock: Arc<dyn SteadyClock>,
    pub(super) terms: LeaseTerms,
    shards: Box<[Shard]>,
    /// How many tasks run.
    keepers: watch::Sender<usize>,
    is_closed: AtomicBool,
}

/// Keeps two shards off one cache line, and off a pair that is fetched together.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Shard(RwLock<HashMap<TenantId, Arc<Kept>, RandomState>>);

/// A tenant's leases, and what wakes the task that renews them.
pub(super) struct Kept {
    leases: Mutex<TenantLeases>,
    pub(super) wake: Notify,
}

const SHARDS: usize = 64;

impl Keeping {
    pub(super) fn new(
        books: Arc<dyn LeaseBooks>,
        clock: Arc<dyn SteadyClock>,
        terms: LeaseTerms,
    ) -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        let keepers = watch::Sender::new(0);
        Self { books, clock, terms, shards, keepers, is_closed: AtomicBool::new(false) }
    }

    /// Does something with the leases of a tenant, if there are any.
    ///
    /// The map stays locked meanwhile, so that a task does not drop them and end.
    pub(super) fn with<R>(
        &self,
        tenant: TenantId,
        act: impl FnOnce(&Arc<Kept>, &mut TenantLeases) -> R,
    ) -> Option<R> {
        let shard = self.shard(tenant).0.read().unwrap_or_else(PoisonError::into_inner);
        let kept = shard.get(&tenant)?;
        Some(act(kept, &mut kept.lock()))
    }

    /// Does something with the leases of a tenant, and has them renewed from now on.
    pub(super) fn with_kept<R>(
        self: &Arc<Self>,
        tenant: TenantId,
        act: impl FnOnce(&mut TenantLeases) -> R,
    ) -> R {
        let mut shard = self.shard(tenant).0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = shard.entry(tenant).or_insert_with(|| Arc::new(Kept::new()));
        let mut leases = kept.lock();
        // Under the lock of the map: it is seen here, or by who closes.
        leases.is_closed |= self.is_closed();
        if !leases.is_kept && !leases.is_closed {
            leases.is_kept = true;
            let end = End { keeping: self.clone(), kept: kept.clone() };
            self.keepers.send_modify(|keepers| *keepers += 1);
            tokio::spawn(keep(tenant, end));
        }
        let done = act(&mut leases);
        kept.wake.notify_one();
        done
    }

    /// How many limits of all tenants are remembered.
    pub(super) fn tracked(&self) -> usize {
        let shards = self.shards.iter();
        let of_shard = |shard: &Shard| {
            let shard = shard.0.read().unwrap_or_else(PoisonError::into_inner);
            shard.values().map(|kept| kept.lock().len()).sum::<usize>()
        };
        shards.map(of_shard).sum()
    }

    /// Has all leases given back, and the tasks end.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        for shard in &self.shards {
            let shard = shard.0.read().unwrap_or_else(PoisonError::into_inner);
            for kept in shard.values() {
                kept.lock().is_closed = true;
                kept.wake.notify_one();
            }
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Waits until no task runs.
    pub(super) async fn closed(&self) {
        // The sender is here: there is one.
        let _ = self.keepers.subscribe().wait_for(|keepers| *keepers == 0).await;
    }

    /// Drops a tenant of which nothing is held; tells whether that was so.
    fn drop_unused(&self, tenant: TenantId) -> bool {
        let mut shard = self.shard(tenant).0.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.steady_micros();
        let is_unused = shard.get(&tenant).is_none_or(|kept| kept.lock().sweep(now));
        if is_unused {
            shard.remove(&tenant);
        }
        is_unused
    }

    fn shard(&self, tenant: TenantId) -> &Shard {
        let bits = tenant.uuid().as_u64_pair();
        let mixed = (bits.0 ^ bits.1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        &self.shards[usize::try_from(mixed >> 58).expect("six bits fit") % SHARDS]
    }
}

impl Kept {
    fn new() -> Self {
        Self { leases: Mutex::new(TenantLeases::new()), wake: Notify::new() }
    }

    /// A panic elsewhere leaves a lease from which something was spent for nothing, at worst.
    fn lock(&self) -> MutexGuard<'_, TenantLeases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews the leases of one tenant while they are used, and gives back what is not.
async fn keep(tenant: TenantId, end: End) {
    let End { keeping, kept } = &end;
    let refresh = keeping.terms.refresh();
    let mut next_tick = Instant::now() + refresh;
    loop {
        let is_tick = Instant::now() >= next_tick;
        if is_tick {
            next_tick = Instant::now() + refresh;
        }
        let (round, is_closed) = {
            let now = keeping.clock.steady_micros();
            let mut leases = kept.lock();
            (leases.begin(keeping.terms, now, is_tick), leases.is_closed)
        };
        let is_quiet = round.asks.is_empty();
        if !is_quiet {
            let answer = keeping.books.renew(tenant, keeping.terms, &round.asks).await;
            let now = keeping.clock.steady_micros();
            kept.lock().finish(&round, keeping.terms, now, answer);
        }
        let is_over = is_tick && kept.lock().sweep(keeping.clock.steady_micros());
        if is_closed && is_quiet || is_over && keeping.drop_unused(tenant) {
            return;
        }
        if is_quiet {
            // Over time is a tick.
            let _ = timeout_at(next_tick, kept.wake.notified()).await;
        }
    }
}

/// Says that the task ended, also when its runtime did.
struct End {
    keeping: Arc<Keeping>,
    kept: Arc<Kept>,
}

impl Drop for End {
    fn drop(&mut self) {
        let mut leases = self.kept.lock();
        leases.is_kept = false;
        leases.abandon();
        self.keeping.keepers.send_modify(|keepers| *keepers -= 1);
    }
}
