//! Two nodes: what one changes, the other one learns.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{
    Actor, ActorKind, ApiKey, ApiKeySecret, CacheOptions, CachedDirectory, Clock as _,
    InvalidationBus, MemoryInvalidationBus, Remembered, Session, SessionSecret, SystemClock,
    TenantDirectory, TenantKey, TenantStatus,
};
use tokio::time::{Instant, sleep};

use super::source::{Mood, Source, by_slug};

type Node = CachedDirectory<Arc<Source>>;

fn node(source: &Arc<Source>, bus: Option<&MemoryInvalidationBus>, every: Duration) -> Node {
    let bus = bus.cloned().map(|bus| Arc::new(bus) as Arc<dyn InvalidationBus>);
    CachedDirectory::new(source.clone(), CacheOptions::new()).follow(bus, every)
}

async fn status(node: &Node, slug: &str) -> TenantStatus {
    node.find(&by_slug(slug)).await.unwrap().unwrap().tenant.status()
}

/// Waits, in the test's own time, until both nodes know.
async fn until_suspended(nodes: &[Node; 2]) -> Duration {
    let before = Instant::now();
    for node in nodes {
        while status(node, "north").await != TenantStatus::Suspended {
            assert!(before.elapsed() < Duration::from_mins(1), "it is never seen");
            sleep(Duration::from_millis(10)).await;
        }
    }
    before.elapsed()
}

async fn suspend(source: &Source) {
    let north = source.records.find(&by_slug("north")).await.unwrap().unwrap().tenant;
    source.records.set_status(north.id(), TenantStatus::Suspended).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_suspension_is_heard_at_once_over_the_bus() {
    let (source, bus) = (Source::new(), MemoryInvalidationBus::new());
    let nodes = [(); 2].map(|()| node(&source, Some(&bus), Duration::from_hours(1)));
    sleep(Duration::from_secs(1)).await;
    for node in &nodes {
        assert_eq!(status(node, "north").await, TenantStatus::Active);
        assert_eq!(status(node, "south").await, TenantStatus::Active);
    }
    suspend(&source).await;
    let changes = source.changes_since(2).await.unwrap().invalidations.unwrap();
    bus.publish(&changes[0]).await.unwrap();
    assert!(until_suspended(&nodes).await <= Duration::from_millis(20));
    assert_eq!(status(&nodes[1], "south").await, TenantStatus::Active);
}

#[tokio::test(start_paused = true)]
async fn a_suspension_is_found_within_a_second_without_a_bus() {
    let source = Source::new();
    let nodes = [(); 2].map(|()| node(&source, None, Duration::from_millis(500)));
    sleep(Duration::from_secs(1)).await;
    for node in &nodes {
        assert_eq!(status(node, "north").await, TenantStatus::Active);
    }
    suspend(&source).await;
    let took = until_suspended(&nodes).await;
    assert!(took <= Duration::from_secs(1), "{took:?}");
    assert_eq!(status(&nodes[0], "south").await, TenantStatus::Active);
}

/// A stolen key, a session that was ended: no node takes it a second later.
#[tokio::test(start_paused = true)]
async fn a_revoked_credential_is_refused_within_a_second_by_every_node() {
    let source = Source::new();
    let nodes = [(); 2].map(|()| node(&source, None, Duration::from_millis(500)));
    let id = async |slug| source.records.find(&by_slug(slug)).await.unwrap().unwrap().tenant.id();
    let (north, south) = (id("north").await, id("south").await);
    let keys = [(); 2].map(|()| ApiKeySecret::generate("test").unwrap());
    let sessions = [(); 2].map(|()| SessionSecret::generate("ses").unwrap());
    for (tenant, key, session) in [(north, &keys[0], &sessions[0]), (south, &keys[1], &sessions[1])]
    {
        let end = SystemClock.now() + Duration::from_hours(1);
        let ada = Actor::new(ActorKind::User, "ada");
        source.records.insert_api_key(key, ApiKey::new("key_1", tenant));
        source.records.insert_session(session, Session::new("session_1", tenant, ada, end));
    }
    sleep(Duration::from_secs(1)).await;
    let credentials = |at: usize| {
        [TenantKey::ApiKeyHash(keys[at].hash()), TenantKey::SessionHash(sessions[at].hash())]
    };
    for node in &nodes {
        for key in credentials(0).iter().chain(&credentials(1)) {
            assert!(node.find(key).await.unwrap().is_some());
            assert!(matches!(node.remembered(key), Remembered::Found(_)));
        }
    }
    source.records.remove_api_key(&keys[0]);
    source.records.end_session(&sessions[0]);
    sleep(Duration::from_secs(1)).await;
    for node in &nodes {
        for key in credentials(0) {
            assert!(node.find(&key).await.unwrap().is_none(), "{}", key.to_tagged());
        }
        for key in credentials(1) {
            assert!(node.find(&key).await.unwrap().is_some());
        }
    }
}

/// Messages that were missed may have been suspensions.
#[tokio::test(start_paused = true)]
async fn a_bus_that_ends_or_overflows_makes_the_nodes_ask() {
    let (source, bus) = (Source::new(), MemoryInvalidationBus::new());
    let nodes = [(); 2].map(|()| node(&source, Some(&bus), Duration::from_hours(1)));
    sleep(Duration::from_secs(1)).await;
    for node in &nodes {
        assert_eq!(status(node, "north").await, TenantStatus::Active);
    }
    suspend(&source).await;
    drop(bus);
    assert!(until_suspended(&nodes).await <= Duration::from_millis(20));

    let (source, bus) = (Source::new(), MemoryInvalidationBus::new());
    let nodes = [(); 2].map(|()| node(&source, Some(&bus), Duration::from_hours(1)));
    sleep(Duration::from_secs(1)).await;
    for node in &nodes {
        assert_eq!(status(node, "north").await, TenantStatus::Active);
    }
    suspend(&source).await;
    let south = source.records.find(&by_slug("south")).await.unwrap().unwrap().tenant.id();
    let other = tenancy_core::Invalidation { tenant: south, version: 1, keys: Vec::new() };
    for _ in 0..5_000 {
        bus.publish(&other).await.unwrap();
    }
    assert!(until_suspended(&nodes).await <= Duration::from_millis(20));
}

/// The source cannot say what was missed: then nothing is believed any more.
#[tokio::test(start_paused = true)]
async fn a_gap_that_nobody_can_fill_empties_the_memory() {
    let (source, bus) = (Source::new(), MemoryInvalidationBus::new());
    let node = node(&source, Some(&bus), Duration::from_hours(1));
    sleep(Duration::from_secs(1)).await;
    for slug in ["north", "south"] {
        status(&node, slug).await;
    }
    assert_eq!(node.remembers().0, 2);
    source.mood(Mood::Errs);
    drop(bus);
    sleep(Duration::from_secs(1)).await;
    assert!(node.find(&by_slug("north")).await.is_err());
    assert!(node.find(&by_slug("south")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_directory() {
    let (source, bus) = (Source::new(), MemoryInvalidationBus::new());
    let one = node(&source, Some(&bus), Duration::from_millis(500));
    sleep(Duration::from_secs(1)).await;
    assert!(Arc::strong_count(&source) == 2);
    drop(one);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(Arc::strong_count(&source), 1);
}
