use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::breaker::Breaker;
use super::shelf::{Seen, Shelf};
use super::{CacheOptions, follow};
use crate::{
    Changes, Clock, DirectoryEntry, Error, ErrorKind, Invalidation, InvalidationBus, Remembered,
    TenantDirectory, TenantKey,
};

/// Remembers what another directory said.
///
/// * Every key leads straight to the tenant's record, which all keys of the tenant share.
/// * A key is asked for once at a time, however many callers wait for it; one that gives up stops
///   neither the others nor the question.
/// * "There is none" is remembered too, for a short time and in room of its own.
/// * When the source fails, an answer that is out of time is still given, for a while; one that
///   was invalidated never is. A source that keeps failing is left alone for a growing pause.
/// * A load that was under way while the tenant changed does not bring the old record back.
///
/// # What changed
///
/// [`follow`](Self::follow) listens to a bus, and asks the source for its
/// [changes](TenantDirectory::changes_since) besides. A change that is published holds on every
/// node as soon as the message is there; without the bus it holds after the next poll. When
/// neither the bus nor the source answers, what is remembered is given until its time is up:
/// `fresh_for` plus `stale_for`. A directory that is not followed learns of changes only then.
///
/// The metric `tenancy_directory_requests_total` counts by `outcome`: `hit`, `absent`, `miss`,
/// `stale`.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use tenancy_core::{
///     CacheOptions, CachedDirectory, MemoryDirectory, MemoryInvalidationBus, ResolverChain,
/// };
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Arc::new(MemoryInvalidationBus::new());
/// let directory = CachedDirectory::new(MemoryDirectory::new(), CacheOptions::new())
///     .follow(Some(bus), Duration::from_millis(500));
/// let chain = ResolverChain::new(Arc::new(directory));
/// # }
/// ```
pub struct CachedDirectory<D>(pub(super) Arc<Inner<D>>);

pub(super) struct Inner<D> {
    pub(super) source: D,
    pub(super) shelf: Shelf,
    clock: Arc<dyn Clock>,
    load_within: Duration,
    loads: Semaphore,
    breaker: Mutex<Breaker>,
    flights: Mutex<HashMap<TenantKey, watch::Receiver<Option<Answer>>>>,
}

/// What a load came to; a failure as its class and message, for all who waited.
type Answer = Result<Option<DirectoryEntry>, (ErrorKind, String)>;

impl<D: TenantDirectory> CachedDirectory<D> {
    /// Remembers what `source` says.
    pub fn new(source: D, options: CacheOptions) -> Self {
        Self(Arc::new(Inner {
            source,
            shelf: Shelf::new(&options),
            clock: options.clock,
            load_within: options.load_within,
            loads: Semaphore::new(options.loads_at_once),
            breaker: Mutex::default(),
            flights: Mutex::default(),
        }))
    }

    /// Hears of changes: from a bus, if there is one, and from the source, asked this often.
    ///
    /// A task does it until the directory is dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, and when the pause is zero.
    pub fn follow(self, bus: Option<Arc<dyn InvalidationBus>>, every: Duration) -> Self {
        assert!(!every.is_zero(), "a pause of nothing would ask without end");
        // Here and not in the task: what is published from now on is heard.
        let events = bus.map(|bus| bus.subscribe());
        tokio::spawn(follow::follow(Arc::downgrade(&self.0), events, every));
        self
    }

    /// Returns the directory that is asked.
    pub fn source(&self) -> &D {
        &self.0.source
    }

    /// Forgets what a change made out of date, on this node.
    pub fn invalidate(&self, change: &Invalidation) {
        self.0.shelf.invalidate(change);
    }

    /// Forgets everything, on this node.
    pub fn forget_all(&self) {
        self.0.shelf.forget_all();
    }

    /// Returns how many keys are remembered: those that lead to a tenant, and those that do not.
    pub fn remembers(&self) -> (u64, u64) {
        self.0.shelf.len()
    }
}

impl<D: TenantDirectory> Inner<D> {
    /// Waits for the load of a key, and begins one if nobody has.
    async fn load(self: &Arc<Self>, key: &TenantKey) -> Answer {
        let mut flight = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(flight) = flights.get(key) {
                flight.clone()
            } else if flights.len() >= FLIGHTS_AT_MOST {
                return Err(overloaded());
            } else {
                let (sender, flight) = watch::channel(None);
                flights.insert(key.clone(), flight.clone());
                // In a task: whoever waits may give up.
                tokio::spawn(self.clone().fly(key.clone(), sender));
                flight
            }
        };
        let landed = flight.wait_for(Option::is_some).await.map(|answer| answer.clone());
        landed.ok().flatten().unwrap_or_else(|| Err(away("the look-up ended early")))
    }

    async fn fly(self: Arc<Self>, key: TenantKey, landed: watch::Sender<Option<Answer>>) {
        let flight = Flight { inner: &self, key: &key };
        let answer = self.ask(&key).await;
        // Taken off the list first: who comes later sees what was remembered.
        drop(flight);
        landed.send_replace(Some(answer));
    }

    async fn ask(&self, key: &TenantKey) -> Answer {
        // A queue says nothing about the source: its breaker is not told of this failure.
        let Ok(_turn) = timeout(self.load_within, self.loads.acquire()).await else {
            return Err(overloaded());
        };
        if !self.breaker().admits(self.clock.now_micros()) {
            return Err(away("it failed too often, and is left alone for a moment"));
        }
        let answer = match timeout(self.load_within, self.ask_until_current(key)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err((error.kind(), error.message().to_owned())),
            Err(_) => Err(away("it does not answer in time")),
        };
        match &answer {
            Err((kind, message)) => {
                tracing::warn!(error = message, "the directory failed");
                // One record that cannot be read must not close the door for all others.
                if *kind == ErrorKind::Unavailable {
                    self.breaker().failed(self.clock.now_micros());
                } else {
                    self.breaker().succeeded();
                }
            }
            Ok(_) => self.breaker().succeeded(),
        }
        answer
    }

    /// Asks again when the record changed while it was read.
    async fn ask_until_current(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        const ATTEMPTS: usize = 4;
        for _ in 0..ATTEMPTS {
            let load = self.shelf.begin_load();
            let found = self.source.find(key).await?;
            if found.as_ref().is_some_and(|entry| !is_of(key, entry)) {
                let message = "find a tenant: the directory answered for another key";
                return Err(Error::new(ErrorKind::Internal, message));
            }
            if let Ok(kept) = load.keep(key, found, self.clock.now_micros()) {
                return Ok(kept);
            }
        }
        let message = "find a tenant: the directory gives older records than it announced";
        Err(Error::new(ErrorKind::Overloaded, message))
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A load under way; takes itself off the list, also when the source panics.
struct Flight<'a, D> {
    inner: &'a Inner<D>,
    key: &'a TenantKey,
}

impl<D> Drop for Flight<'_, D> {
    fn drop(&mut self) {
        let mut flights = self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.remove(self.key);
    }
}

/// Tells whether an answer is one to this question.
fn is_of(key: &TenantKey, entry: &DirectoryEntry) -> bool {
    let tenant = &entry.tenant;
    match key {
        TenantKey::Id(id) => *id == tenant.id(),
        TenantKey::Slug(slug) => slug == tenant.slug(),
        TenantKey::Domain(host) => tenant.domains().contains(host),
        TenantKey::ApiKeyHash(_) => {
            entry.api_key.as_ref().is_some_and(|key| key.tenant() == tenant.id())
        }
        TenantKey::SessionHash(_) => {
            entry.session.as_ref().is_some_and(|session| session.tenant() == tenant.id())
        }
    }
}

/// How many keys are waited for at once; beyond, callers are turned away.
const FLIGHTS_AT_MOST: usize = 4_096;

fn overloaded() -> (ErrorKind, String) {
    (ErrorKind::Overloaded, "ask the directory: too many tenants are looked up at once".to_owned())
}

fn away(why: &str) -> (ErrorKind, String) {
    (ErrorKind::Unavailable, format!("ask the directory: {why}"))
}

macro_rules! count {
    ($outcome:literal) => {
        metrics::counter!("tenancy_directory_requests_total", "outcome" => $outcome).increment(1)
    };
}

#[async_trait]
impl<D: TenantDirectory> TenantDirectory for CachedDirectory<D> {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        let stale = match self.0.shelf.look(key, self.0.clock.now_micros()) {
            Seen::Fresh(entry) => {
                count!("hit");
                return Ok(Some(entry));
            }
            Seen::Absent => {
                count!("absent");
                return Ok(None);
            }
            Seen::Stale(_) => true,
            Seen::Nothing => false,
        };
        match self.0.load(key).await {
            Ok(found) => {
                count!("miss");
                Ok(found)
            }
            Err((kind, message)) => {
                // Looked at again: it may have been invalidated meanwhile.
                if stale
                    && let Seen::Stale(entry) | Seen::Fresh(entry) =
                        self.0.shelf.look(key, self.0.clock.now_micros())
                {
                    count!("stale");
                    return Ok(Some(entry));
                }
                count!("failed");
                Err(Error::new(kind, message))
            }
        }
    }

    fn remembered(&self, key: &TenantKey) -> Remembered {
        match self.0.shelf.look(key, self.0.clock.now_micros()) {
            Seen::Fresh(entry) => {
                count!("hit");
                Remembered::Found(entry)
            }
            Seen::Absent => {
                count!("absent");
                Remembered::Absent
            }
            Seen::Stale(_) | Seen::Nothing => Remembered::Nothing,
        }
    }

    async fn changes_since(&self, revision: i64) -> Result<Changes, Error> {
        self.0.source.changes_since(revision).await
    }
}

impl<D> Clone for CachedDirectory<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D> fmt::Debug for CachedDirectory<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedDirectory").finish_non_exhaustive()
    }
}
