//! What is remembered, and what must no longer be.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache as Answers, DefaultLifecycle};

use super::CacheOptions;
use crate::{ApiKey, DirectoryEntry, Invalidation, Session, Tenant, TenantId, TenantKey};

type Hasher = foldhash::quality::RandomState;
type Remembered<K, V> = Cache<K, V, Hasher>;

/// Answers by key, and the order of events between loads and invalidations.
///
/// All keys of a tenant share one record: when the tenant changes, every one of them is out of
/// date at once, also the keys that the invalidation does not name, such as API keys.
#[derive(Debug)]
pub(super) struct Shelf {
    /// Every request looks here: a hit reads no clock and keeps no list of what was used when.
    found: Answers<TenantKey, Slot, UnitWeighter, Hasher>,
    /// Until when "there is none" counts.
    absent: Remembered<TenantKey, i64>,
    /// The least version that is believed, of tenants that were invalidated lately.
    floors: Remembered<TenantId, i64>,
    order: Mutex<Order>,
    fresh_for: i64,
    absent_for: i64,
    stale_for: i64,
    random: RandomState,
}

/// An answer. There is one for each key: it is kept small.
#[derive(Debug, Clone)]
struct Slot {
    tenant: Arc<Tenant>,
    credential: Option<Credential>,
    fresh_until: i64,
}

/// What an entry holds beside the tenant.
#[derive(Debug, Clone)]
enum Credential {
    ApiKey(Arc<ApiKey>),
    Session(Arc<Session>),
}

/// Makes loads and invalidations happen one after the other. Hits do not take it.
#[derive(Debug, Default)]
struct Order {
    /// The newest of each tenant. They are this shelf's own: what they are marked with is too.
    records: HashMap<TenantId, Arc<Tenant>>,
    /// Counts invalidations.
    sequence: u64,
    /// What was invalidated while loads were under way, and when.
    tenants: HashMap<TenantId, u64>,
    keys: HashMap<TenantKey, u64>,
    everything: u64,
    /// When the loads under way began.
    loads: HashMap<u64, u64>,
    next_load: u64,
    prune_at: usize,
}

/// A load under way. Dropping it without keeping anything is fine.
pub(super) struct Load<'a> {
    shelf: &'a Shelf,
    id: u64,
    began: u64,
}

/// An answer that may be older than what is known.
pub(super) struct Outdated;

/// What the shelf says of a key.
pub(super) enum Seen {
    Fresh(DirectoryEntry),
    /// No longer fresh; good enough when the source fails.
    Stale(DirectoryEntry),
    Absent,
    Nothing,
}

impl Shelf {
    pub(super) fn new(options: &CacheOptions) -> Self {
        let micros =
            |time: std::time::Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4);
        Self {
            found: answers(options.capacity),
            absent: lru(options.absent_capacity),
            floors: lru(options.capacity),
            order: Mutex::default(),
            fresh_for: micros(options.fresh_for),
            absent_for: micros(options.absent_for),
            stale_for: micros(options.stale_for),
            random: RandomState::new(),
        }
    }

    pub(super) fn look(&self, key: &TenantKey, now: i64) -> Seen {
        if let Some(slot) = self.found.get(key)
            && !slot.tenant.is_superseded()
        {
            if now < slot.fresh_until {
                return Seen::Fresh(slot.into_entry());
            }
            if now < slot.fresh_until.saturating_add(self.stale_for) {
                return Seen::Stale(slot.into_entry());
            }
        }
        match self.absent.get(key) {
            // An end too far away was written before the clock was set back.
            Some(until) if now < until && until - now <= self.absent_for => Seen::Absent,
            _ => Seen::Nothing,
        }
    }

    pub(super) fn begin_load(&self) -> Load<'_> {
        let mut order = self.order();
        let (id, began) = (order.next_load, order.sequence);
        order.next_load += 1;
        order.loads.insert(id, began);
        Load { shelf: self, id, began }
    }

    pub(super) fn invalidate(&self, change: &Invalidation) {
        let mut order = self.order();
        order.sequence += 1;
        let now = order.sequence;
        if let Some(record) = order.records.get(&change.tenant)
            && record.version() <= change.version
        {
            record.supersede();
            order.records.remove(&change.tenant);
        }
        let floor = self.floors.get(&change.tenant).unwrap_or(i64::MIN);
        self.floors.insert(change.tenant, floor.max(change.version));
        let id = TenantKey::Id(change.tenant);
        for key in change.keys.iter().chain([&id]) {
            self.found.remove(key);
            self.absent.invalidate(key);
        }
        if !order.loads.is_empty() {
            order.tenants.insert(change.tenant, now);
            order.keys.extend(change.keys.iter().chain([&id]).map(|key| (key.clone(), now)));
        }
    }

    pub(super) fn forget_all(&self) {
        let mut order = self.order();
        order.sequence += 1;
        order.everything = order.sequence;
        for record in order.records.values() {
            record.supersede();
        }
        order.records.clear();
        self.found.clear();
        self.absent.invalidate_all();
    }

    /// Returns how many keys are remembered: those that lead to tenants, and the others.
    pub(super) fn len(&self) -> (u64, u64) {
        self.absent.run_pending_tasks();
        (self.found.len() as u64, self.absent.entry_count())
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A time between nine and eleven tenths of what was asked for.
    fn jittered(&self, key: &TenantKey, now: i64) -> i64 {
        let tenth = self.fresh_for / 10;
        let random = i64::try_from(self.random.hash_one((key, now)) % 2_049).unwrap_or(0);
        self.fresh_for - tenth + tenth.saturating_mul(random) / 1_024
    }
}

/// Remembers answers, in about this many places. What is new is always taken in; what was asked for
/// again stays longest, so that a tenant which is busy is not pushed out by many that are not.
fn answers(capacity: u64) -> Answers<TenantKey, Slot, UnitWeighter, Hasher> {
    // So many that each processor finds a part of the room that no other one is at.
    let parts = usize::try_from(capacity).unwrap_or(usize::MAX).min(4_096);
    Answers::with(parts, capacity, UnitWeighter, Hasher::default(), DefaultLifecycle::default())
}

/// What is newest stays. Cleverer caches may push a new entry out before an old one: then a floor
/// is not there when it is needed.
fn lru<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(
    capacity: u64,
) -> Remembered<K, V> {
    let cache = Cache::builder().max_capacity(capacity).eviction_policy(EvictionPolicy::lru());
    cache.build_with_hasher(Hasher::default())
}

impl Load<'_> {
    /// Remembers an answer. Refuses it when something changed in the meantime: it may be the old
    /// one, and the source must be asked again.
    pub(super) fn keep(
        self,
        key: &TenantKey,
        answer: Option<DirectoryEntry>,
        now: i64,
    ) -> Result<Option<DirectoryEntry>, Outdated> {
        let mut order = self.shelf.order();
        let tenant = answer.as_ref().map(|entry| entry.tenant.id());
        let last = [
            order.keys.get(key).copied(),
            tenant.and_then(|tenant| order.tenants.get(&tenant).copied()),
            Some(order.everything),
        ];
        if last.into_iter().flatten().any(|change| change > self.began) {
            return Err(Outdated);
        }
        let Some(mut entry) = answer else {
            self.shelf.found.remove(key);
            self.shelf.absent.insert(key.clone(), now.saturating_add(self.shelf.absent_for));
            return Ok(None);
        };
        let version = entry.tenant.version();
        let floor = self.shelf.floors.get(&entry.tenant.id());
        if floor.is_some_and(|floor| version < floor) {
            return Err(Outdated);
        }
        // The source may lag behind what it said before.
        entry.tenant = order.record(&entry.tenant);
        let fresh_until = now.saturating_add(self.shelf.jittered(key, now));
        let credential = Credential::of(&entry);
        self.shelf.absent.invalidate(key);
        let key = match key {
            // The record's own: its text is there once.
            TenantKey::Slug(_) => TenantKey::Slug(entry.tenant.slug().clone()),
            key => key.clone(),
        };
        let tenant = entry.tenant.clone();
        self.shelf.found.insert(key, Slot { tenant, credential, fresh_until });
        Ok(Some(entry))
    }
}

impl Slot {
    fn into_entry(self) -> DirectoryEntry {
        match self.credential {
            None => DirectoryEntry::of_tenant(self.tenant),
            Some(Credential::ApiKey(key)) => DirectoryEntry::of_api_key(self.tenant, key),
            Some(Credential::Session(session)) => DirectoryEntry::of_session(self.tenant, session),
        }
    }
}

impl Credential {
    fn of(entry: &DirectoryEntry) -> Option<Self> {
        let api_key = entry.api_key.clone().map(Self::ApiKey);
        api_key.or_else(|| entry.session.clone().map(Self::Session))
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        let mut order = self.shelf.order();
        order.loads.remove(&self.id);
        let oldest = order.loads.values().min().copied().unwrap_or(u64::MAX);
        order.tenants.retain(|_, change| *change > oldest);
        order.keys.retain(|_, change| *change > oldest);
    }
}

impl Order {
    /// Returns the newest record of a tenant: the one that was just loaded, or one that is there.
    fn record(&mut self, loaded: &Arc<Tenant>) -> Arc<Tenant> {
        if let Some(record) = self.records.get(&loaded.id()) {
            if record.version() >= loaded.version() {
                return record.clone();
            }
            record.supersede();
        }
        if self.records.len() >= self.prune_at {
            // Records that no key leads to any more, and nobody works with.
            self.records.retain(|_, record| Arc::strong_count(record) > 1);
            self.prune_at = (self.records.len() * 2).max(1_024);
        }
        let record = Arc::new(Tenant::clone(loaded));
        self.records.insert(loaded.id(), record.clone());
        record
    }
}
