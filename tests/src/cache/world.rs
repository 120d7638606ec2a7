//! A source whose loads a test counts, holds back and breaks.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenancy_core::{
    Error, ErrorKind, ManualClock, MemoryCacheStore, PlanCatalogue, Tenant, TenantCache,
    TenantCacheOptions, TenantContext, TenantId, TenantSlug,
};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::contract::cache::MENUS;

/// What a load comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Answers,
    Errs,
    Panics,
    Hangs,
    /// Reads, and gives it only when the test lets it: see [`Source::release`].
    Holds,
}

pub(super) struct Source {
    value: Mutex<String>,
    mood: watch::Sender<Mood>,
    loads: AtomicUsize,
    held: watch::Sender<usize>,
    gate: Semaphore,
}

type Loading = Pin<Box<dyn Future<Output = Result<String, Error>> + Send>>;

impl Source {
    pub(super) fn new(value: &str) -> Arc<Self> {
        Arc::new(Self {
            value: Mutex::new(value.to_owned()),
            mood: watch::Sender::new(Mood::Answers),
            loads: AtomicUsize::new(0),
            held: watch::Sender::new(0),
            gate: Semaphore::new(0),
        })
    }

    pub(super) fn mood(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    pub(super) fn change(&self, value: &str) {
        value.clone_into(&mut self.value.lock().unwrap());
    }

    /// How often it was read.
    pub(super) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// Waits until this many values have been read and are held back.
    pub(super) async fn holding(&self, count: usize) {
        let mut held = self.held.subscribe();
        let enough = held.wait_for(|held| *held >= count);
        timeout(Duration::from_secs(30), enough).await.expect("it is read").unwrap();
    }

    /// Lets one value go.
    pub(super) fn release(&self) {
        self.gate.add_permits(1);
    }

    /// Returns what a cache calls to load.
    pub(super) fn load(self: &Arc<Self>) -> impl FnMut() -> Loading + Send + 'static {
        let source = self.clone();
        move || Box::pin(source.clone().read())
    }

    async fn read(self: Arc<Self>) -> Result<String, Error> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let value = self.value.lock().unwrap().clone();
        let mood = *self.mood.borrow();
        match mood {
            Mood::Answers => {}
            Mood::Errs => {
                let cause = std::io::Error::other("the disk is gone");
                let error = Error::new(ErrorKind::Conflict, "read a menu").with_source(cause);
                return Err(error.with_subject("menu"));
            }
            Mood::Panics => panic!("a panic of a test: it is expected"),
            Mood::Hangs => std::future::pending().await,
            Mood::Holds => {
                self.held.send_modify(|held| *held += 1);
                self.gate.acquire().await.unwrap().forget();
            }
        }
        Ok(value)
    }
}

pub(super) type Cache = TenantCache<String>;

/// A cache in memory, on a clock that the test moves.
pub(super) fn cache() -> (Cache, Arc<ManualClock>) {
    cache_with(TenantCacheOptions::new())
}

pub(super) fn cache_with(options: TenantCacheOptions) -> (Cache, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at_unix(1_800_000_000));
    let store = MemoryCacheStore::new(MENUS, 1_000).with_clock(clock.clone());
    (TenantCache::new(store, options), clock)
}

pub(super) async fn found(cache: &Cache, tenant: TenantId, key: &str) -> Option<String> {
    cache.get(tenant, key).await.unwrap().map(|value| value.as_ref().clone())
}

pub(super) async fn loaded(cache: &Cache, tenant: TenantId, source: &Arc<Source>) -> String {
    cache.get_or_load(tenant, "menu", source.load()).await.unwrap().as_ref().clone()
}

/// A context of a new tenant.
pub(super) fn context(slug: &str) -> TenantContext {
    let plan = PlanCatalogue::example().plan("starter").unwrap();
    let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse(slug).unwrap(), plan);
    TenantContext::for_program(Arc::new(tenant))
}
