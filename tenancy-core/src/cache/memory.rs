use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;

use super::{Begun, CacheKey, CacheName, CacheStore, Filled, Lease};
use crate::{Clock, Error, ErrorKind, SystemClock, TenantId};

/// Keeps a cache in the memory of this process.
///
/// Values are shared, not copied and not serialised. All values of a tenant stand in one
/// generation; a flush ends it, and with it they are out of reach.
///
/// The bound is one for all tenants together. When it is reached, what is asked for often stays
/// and what is new must first be asked for more often than it: a tenant that runs through a
/// million keys pushes little of the others out. There is no share for each tenant; where one must
/// be kept, give tenants or plans caches of their own.
///
/// Other processes have memories of their own: a flush here is not heard there. Where that
/// matters, use a store that all nodes share.
pub struct MemoryCacheStore<V> {
    name: CacheName,
    slots: Cache<CacheKey, Slot<V>>,
    order: Mutex<Order>,
    clock: Arc<dyn Clock>,
}

struct Slot<V> {
    value: Arc<V>,
    generation: Arc<Generation>,
    /// Microseconds of the clock.
    until: i64,
    lives: i64,
}

/// What a tenant's values of the time between two flushes share.
#[derive(Debug, Default)]
struct Generation {
    is_over: AtomicBool,
}

/// Makes loads, puts, removals and flushes happen one after the other. Hits do not take it.
#[derive(Debug, Default)]
struct Order {
    generations: HashMap<TenantId, Arc<Generation>>,
    /// The loads under way, by what they may fill.
    loads: HashMap<CacheKey, Weak<Ticket>>,
    prune_generations_at: usize,
    prune_loads_at: usize,
}

/// What the leases of a key stand for, until something happens to the key.
#[derive(Debug)]
struct Ticket {
    generation: Arc<Generation>,
}

/// Below this many, what is over is not cleared away.
const PRUNE_AT_LEAST: usize = 1_024;

impl<V: Send + Sync + 'static> MemoryCacheStore<V> {
    /// Keeps up to so many values.
    pub fn new(name: CacheName, values: u64) -> Self {
        Self::over(name, Cache::new(values))
    }

    /// Keeps values up to a weight in all, such as bytes. A value that alone weighs more is not
    /// kept.
    ///
    /// ```
    /// use tenancy_core::{CacheName, MemoryCacheStore};
    ///
    /// let pages = CacheName::from_static("pages");
    /// let store = MemoryCacheStore::weighed(pages, 64 << 20, |page: &String| page.len() as u64);
    /// ```
    pub fn weighed(
        name: CacheName,
        weight: u64,
        weigh: impl Fn(&V) -> u64 + Send + Sync + 'static,
    ) -> Self {
        let weigh = move |_: &CacheKey, slot: &Slot<V>| {
            u32::try_from(weigh(&slot.value)).unwrap_or(u32::MAX)
        };
        Self::over(name, Cache::builder().max_capacity(weight).weigher(weigh).build())
    }

    fn over(name: CacheName, slots: Cache<CacheKey, Slot<V>>) -> Self {
        Self { name, slots, order: Mutex::default(), clock: Arc::new(SystemClock) }
    }

    /// Takes time from another clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Returns how many values take up room, also those that are out of reach.
    pub fn holds(&self) -> u64 {
        self.slots.run_pending_tasks();
        self.slots.entry_count()
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called under the order, or what is kept could be of another time.
    fn keep(&self, key: &CacheKey, generation: Arc<Generation>, value: Arc<V>, lives: Duration) {
        let lives = i64::try_from(lives.as_micros()).unwrap_or(i64::MAX);
        let until = self.clock.now_micros().saturating_add(lives);
        self.slots.insert(key.clone(), Slot { value, generation, until, lives });
    }
}

#[async_trait]
impl<V: Send + Sync + 'static> CacheStore<V> for MemoryCacheStore<V> {
    fn name(&self) -> &CacheName {
        &self.name
    }

    fn at_hand(&self, key: &CacheKey) -> Option<Arc<V>> {
        let slot = self.slots.get(key)?;
        let left = slot.until.saturating_sub(self.clock.now_micros());
        // More is left than there was at first: the clock was set back.
        let counts = left > 0 && left <= slot.lives;
        (counts && !slot.generation.is_over.load(Ordering::Acquire)).then_some(slot.value)
    }

    async fn get(&self, key: &CacheKey) -> Result<Option<Arc<V>>, Error> {
        Ok(self.at_hand(key))
    }

    async fn begin(&self, key: &CacheKey, _within: Duration) -> Result<Begun<V>, Error> {
        let mut order = self.order();
        Ok(match self.at_hand(key) {
            Some(value) => Begun::Found(value),
            None => Begun::Lease(Lease::new(order.ticket(key))),
        })
    }

    async fn fill(
        &self,
        key: &CacheKey,
        lease: &Lease,
        value: &Arc<V>,
        lives: Duration,
    ) -> Result<Filled, Error> {
        let Some(ticket) = lease.of::<Arc<Ticket>>() else {
            let message = "fill a key of a cache: the lease is of another store";
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let mut order = self.order();
        if !order.is_good(key, ticket) {
            return Ok(Filled::Outdated);
        }
        order.loads.remove(key);
        self.keep(key, ticket.generation.clone(), value.clone(), lives);
        Ok(Filled::Kept)
    }

    async fn put(&self, key: &CacheKey, value: &Arc<V>, lives: Duration) -> Result<(), Error> {
        let mut order = self.order();
        order.loads.remove(key);
        let generation = order.generation(key.tenant());
        self.keep(key, generation, value.clone(), lives);
        Ok(())
    }

    async fn remove(&self, key: &CacheKey) -> Result<(), Error> {
        let mut order = self.order();
        order.loads.remove(key);
        self.slots.invalidate(key);
        Ok(())
    }

    async fn flush_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        if let Some(generation) = self.order().generations.remove(&tenant) {
            generation.is_over.store(true, Ordering::Release);
        }
        Ok(())
    }
}

impl Order {
    /// Returns the tenant's generation of now.
    fn generation(&mut self, tenant: TenantId) -> Arc<Generation> {
        if let Some(generation) = self.generations.get(&tenant) {
            return generation.clone();
        }
        if self.generations.len() >= self.prune_generations_at {
            // Those that no value and no load stands in any more.
            self.generations.retain(|_, generation| Arc::strong_count(generation) > 1);
            self.prune_generations_at = (self.generations.len() * 2).max(PRUNE_AT_LEAST);
        }
        self.generations.entry(tenant).or_default().clone()
    }

    /// Returns the ticket of a key: the one of those who load it already, or a new one.
    fn ticket(&mut self, key: &CacheKey) -> Arc<Ticket> {
        let generation = self.generation(key.tenant());
        let known = self.loads.get(key).and_then(Weak::upgrade);
        if let Some(ticket) = known.filter(|known| Arc::ptr_eq(&known.generation, &generation)) {
            return ticket;
        }
        if self.loads.len() >= self.prune_loads_at {
            // Loads that ended without a value.
            self.loads.retain(|_, ticket| ticket.strong_count() > 0);
            self.prune_loads_at = (self.loads.len() * 2).max(PRUNE_AT_LEAST);
        }
        let ticket = Arc::new(Ticket { generation });
        self.loads.insert(key.clone(), Arc::downgrade(&ticket));
        ticket
    }

    /// Tells whether nothing happened to a key since it got this ticket.
    fn is_good(&self, key: &CacheKey, ticket: &Arc<Ticket>) -> bool {
        let is_of_now =
            self.loads.get(key).is_some_and(|known| known.as_ptr() == Arc::as_ptr(ticket));
        is_of_now && !ticket.generation.is_over.load(Ordering::Acquire)
    }
}

// By hand: the value need not be `Clone`.
impl<V> Clone for Slot<V> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            generation: self.generation.clone(),
            until: self.until,
            lives: self.lives,
        }
    }
}

impl<V> fmt::Debug for MemoryCacheStore<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCacheStore").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushes_and_loads_that_came_to_nothing_do_not_pile_up() {
        let mut order = Order::default();
        let key = || CacheKey::new(TenantId::generate(), "menu");
        let [harbor, riverside] = [key(), key()];
        let good = [order.ticket(&harbor), order.ticket(&riverside)];
        for _ in 0..20_000 {
            drop(order.ticket(&key()));
        }
        assert!(order.loads.len() <= 2 * PRUNE_AT_LEAST, "{}", order.loads.len());
        assert!(order.generations.len() <= 2 * PRUNE_AT_LEAST, "{}", order.generations.len());
        assert!(order.is_good(&harbor, &good[0]) && order.is_good(&riverside, &good[1]));
        assert!(!order.is_good(&harbor, &good[1]));
    }
}
