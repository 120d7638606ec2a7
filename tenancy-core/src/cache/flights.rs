//! Which keys are being loaded, and who waits for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};

use super::CacheKey;
use super::failure::Failure;
use super::outcome::Outcome;
use crate::TenantId;

/// What a load came to.
pub(super) type Landed<V> = Result<(Arc<V>, Outcome), Failure>;

/// Where a load's answer will be.
pub(super) type Awaited<V> = watch::Receiver<Option<Landed<V>>>;

/// How many keys are loaded or wait for their turn at once; beyond, callers are turned away.
const AT_MOST: usize = 16_384;
/// The same for one tenant, so that it does not take all of them.
const AT_MOST_PER_TENANT: usize = 1_024;

/// The loads under way, by tenant and key.
pub(super) struct Flights<V> {
    list: Mutex<List<V>>,
    turns_per_tenant: usize,
}

struct List<V> {
    tenants: HashMap<TenantId, OfTenant<V>>,
    len: usize,
    next: u64,
}

struct OfTenant<V> {
    flights: HashMap<CacheKey, (u64, Awaited<V>)>,
    turns: Arc<Semaphore>,
}

/// How to come by a key's value.
pub(super) enum Boarded<V> {
    /// Somebody loads it already.
    Waiting(Awaited<V>),
    /// The caller is the first, and must see to the load.
    First(Awaited<V>, Flight<V>),
    /// Too many are under way.
    Full,
}

/// A load to be seen to. Dropped without an answer, as in a panic, it is off the list too.
pub(super) struct Flight<V> {
    flights: Arc<Flights<V>>,
    key: CacheKey,
    number: u64,
    landed: watch::Sender<Option<Landed<V>>>,
    turns: Arc<Semaphore>,
}

impl<V> Flights<V> {
    pub(super) fn new(turns_per_tenant: usize) -> Self {
        let list = List { tenants: HashMap::new(), len: 0, next: 0 };
        Self { list: Mutex::new(list), turns_per_tenant }
    }

    pub(super) fn board(self: &Arc<Self>, key: &CacheKey) -> Boarded<V> {
        let mut list = self.list();
        let List { tenants, len, next } = &mut *list;
        let known = tenants.get(&key.tenant());
        if let Some((_, awaited)) = known.and_then(|tenant| tenant.flights.get(key)) {
            return Boarded::Waiting(awaited.clone());
        }
        if *len >= AT_MOST || known.is_some_and(|of| of.flights.len() >= AT_MOST_PER_TENANT) {
            return Boarded::Full;
        }
        let tenant = tenants.entry(key.tenant()).or_insert_with(|| OfTenant {
            flights: HashMap::new(),
            turns: Arc::new(Semaphore::new(self.turns_per_tenant)),
        });
        let (landed, awaited) = watch::channel(None);
        let number = *next;
        tenant.flights.insert(key.clone(), (number, awaited.clone()));
        *len += 1;
        *next += 1;
        let turns = tenant.turns.clone();
        let flight = Flight { flights: self.clone(), key: key.clone(), number, landed, turns };
        Boarded::First(awaited, flight)
    }

    /// Lets nobody else wait for a load: it may bring what was there before now.
    pub(super) fn close(&self, key: &CacheKey) {
        self.list().remove(key, None);
    }

    /// The same for all loads of a tenant.
    pub(super) fn close_all(&self, tenant: TenantId) {
        let mut list = self.list();
        if let Some(tenant) = list.tenants.remove(&tenant) {
            list.len -= tenant.flights.len();
        }
    }

    fn list(&self) -> MutexGuard<'_, List<V>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> List<V> {
    /// Takes a flight off the list; a numbered one only if it is the one that is there.
    fn remove(&mut self, key: &CacheKey, number: Option<u64>) {
        let Some(tenant) = self.tenants.get_mut(&key.tenant()) else { return };
        let Some((found, _)) = tenant.flights.get(key) else { return };
        if number.is_some_and(|number| number != *found) {
            return;
        }
        tenant.flights.remove(key);
        self.len -= 1;
        if tenant.flights.is_empty() {
            self.tenants.remove(&key.tenant());
        }
    }
}

impl<V> Flight<V> {
    pub(super) fn key(&self) -> &CacheKey {
        &self.key
    }

    /// Returns what the tenant's loads take turns by.
    pub(super) fn turns(&self) -> &Semaphore {
        &self.turns
    }

    pub(super) fn land(self, answer: Landed<V>) {
        // Taken off the list first: who comes later sees what was kept.
        self.leave();
        self.landed.send_replace(Some(answer));
    }

    fn leave(&self) {
        self.flights.list().remove(&self.key, Some(self.number));
    }
}

impl<V> Drop for Flight<V> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first<V>(flights: &Arc<Flights<V>>, key: &CacheKey) -> Flight<V> {
        match flights.board(key) {
            Boarded::First(_, flight) => flight,
            _ => panic!("it is the first"),
        }
    }

    #[test]
    fn one_tenant_does_not_take_all_places() {
        let flights = Arc::new(Flights::<()>::new(1));
        let [a, b] = [TenantId::generate(), TenantId::generate()];
        let key = |tenant, number: usize| CacheKey::new(tenant, number.to_be_bytes());
        let all: Vec<_> = (0..AT_MOST_PER_TENANT).map(|n| first(&flights, &key(a, n))).collect();
        assert!(matches!(flights.board(&key(a, AT_MOST_PER_TENANT)), Boarded::Full));
        assert!(matches!(flights.board(&key(a, 0)), Boarded::Waiting(_)));
        drop(first(&flights, &key(b, AT_MOST_PER_TENANT)));
        drop(all);
        let list = flights.list();
        assert!(list.tenants.is_empty() && list.len == 0);
    }

    #[test]
    fn a_closed_flight_takes_no_other_off_the_list() {
        let flights = Arc::new(Flights::<()>::new(1));
        let keys = [TenantId::generate(), TenantId::generate()].map(|id| CacheKey::new(id, "k"));
        let before = keys.each_ref().map(|key| first(&flights, key));
        flights.close(&keys[0]);
        flights.close_all(keys[1].tenant());
        let after = keys.each_ref().map(|key| first(&flights, key));
        drop(before);
        for key in &keys {
            assert!(matches!(flights.board(key), Boarded::Waiting(_)));
        }
        drop(after);
        assert_eq!(flights.list().len, 0);
    }
}
