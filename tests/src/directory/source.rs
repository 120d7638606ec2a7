//! A directory whose answers a test holds back, breaks or forges.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tenancy_core::{
    CacheOptions, Changes, DirectoryEntry, Error, ErrorKind, ManualClock, MemoryDirectory,
    PlanCatalogue, Tenant, TenantDirectory, TenantId, TenantKey, TenantSlug,
};
use tokio::sync::{Semaphore, watch};

/// What the source does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Answers,
    Errs,
    /// Its records cannot be read.
    Breaks,
    Hangs,
    /// Answers for another key.
    Lies,
    /// Reads the answer, and gives it only when the test lets it: see [`Source::release`].
    Holds,
}

pub(super) struct Source {
    pub(super) records: MemoryDirectory,
    mood: watch::Sender<Mood>,
    asked: AtomicUsize,
    held: watch::Sender<usize>,
    gate: Semaphore,
}

impl Source {
    /// Two tenants, north and south.
    pub(super) fn new() -> Arc<Self> {
        let records = MemoryDirectory::new();
        for slug in ["north", "south"] {
            records.insert(tenant(slug)).unwrap();
        }
        Arc::new(Self {
            records,
            mood: watch::Sender::new(Mood::Answers),
            asked: AtomicUsize::new(0),
            held: watch::Sender::new(0),
            gate: Semaphore::new(0),
        })
    }

    pub(super) fn mood(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until this many answers have been read and are held back.
    pub(super) async fn holding(&self, count: usize) {
        self.held.subscribe().wait_for(|held| *held >= count).await.unwrap();
    }

    /// Lets one answer go.
    pub(super) fn release(&self) {
        self.gate.add_permits(1);
    }
}

#[async_trait]
impl TenantDirectory for Source {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mood = *self.mood.borrow();
        match mood {
            Mood::Answers => {}
            Mood::Errs => return Err(Error::new(ErrorKind::Unavailable, "the source is away")),
            Mood::Breaks => return Err(Error::new(ErrorKind::Internal, "an unreadable record")),
            Mood::Hangs => std::future::pending().await,
            Mood::Lies => {
                let other = if *key == by_slug("north") { "south" } else { "north" };
                return self.records.find(&by_slug(other)).await;
            }
            Mood::Holds => {
                let answer = self.records.find(key).await;
                self.held.send_modify(|held| *held += 1);
                self.gate.acquire().await.unwrap().forget();
                return answer;
            }
        }
        self.records.find(key).await
    }

    async fn changes_since(&self, revision: i64) -> Result<Changes, Error> {
        let mood = *self.mood.borrow();
        match mood {
            Mood::Errs => Err(Error::new(ErrorKind::Unavailable, "the source is away")),
            _ => self.records.changes_since(revision).await,
        }
    }
}

pub(super) fn tenant(slug: &str) -> Tenant {
    let plan = PlanCatalogue::example().plan("starter").unwrap();
    Tenant::new(TenantId::generate(), TenantSlug::parse(slug).unwrap(), plan)
}

pub(super) fn by_slug(slug: &str) -> TenantKey {
    TenantKey::Slug(TenantSlug::parse(slug).unwrap())
}

pub(super) fn options(clock: &Arc<ManualClock>) -> CacheOptions {
    CacheOptions::new().clock(clock.clone())
}
