//! What changed, told over Redis: at once when the link is good, and a gap after it was not.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{
    BusEvent, CacheOptions, CachedDirectory, Invalidation, InvalidationBus as _,
    TenantDirectory as _, TenantId, TenantStatus,
};
use tenancy_redis::{RedisInvalidationBus, RedisOptions, RedisStore};

use super::source::{Source, by_slug};
use crate::harness::{Link, address, eventually, variable};

fn bus(url: &str) -> Arc<RedisInvalidationBus> {
    let options = RedisOptions::new().deadline(Duration::from_secs(5));
    Arc::new(RedisInvalidationBus::open(RedisStore::open(url, options).unwrap()))
}

/// Waits until a bus has connected: it then says that messages may have been missed.
async fn gap(events: &mut tokio::sync::broadcast::Receiver<BusEvent>) {
    while !matches!(events.recv().await.unwrap(), BusEvent::Gap) {}
}

#[tokio::test]
async fn a_suspension_reaches_the_other_node_alone_by_the_bus() {
    let url = variable("REDIS_URL");
    let source = Source::new();
    let buses = [(); 2].map(|()| bus(&url));
    let mut events = buses.each_ref().map(|bus| bus.subscribe());
    let nodes = buses.each_ref().map(|bus| {
        CachedDirectory::new(source.clone(), CacheOptions::new())
            .follow(Some(bus.clone()), Duration::from_hours(1))
    });
    for events in &mut events {
        gap(events).await;
    }
    let status = async |node: &CachedDirectory<Arc<Source>>, slug| {
        node.find(&by_slug(slug)).await.unwrap().unwrap().tenant.status()
    };
    for node in &nodes {
        // Once the nodes have asked for what changed before.
        eventually("both tenants are remembered", async || {
            let [north, south] = [status(node, "north").await, status(node, "south").await];
            assert_eq!((north, south), (TenantStatus::Active, TenantStatus::Active));
            node.remembers().0 == 2
        })
        .await;
    }
    let north = source.records.find(&by_slug("north")).await.unwrap().unwrap().tenant.id();
    source.records.set_status(north, TenantStatus::Suspended).unwrap();
    let change = Invalidation { tenant: north, version: 2, keys: vec![by_slug("north")] };
    buses[0].publish(&change).await.unwrap();
    for node in &nodes {
        eventually("the node knows", async || {
            status(node, "north").await == TenantStatus::Suspended
        })
        .await;
        assert_eq!(status(node, "south").await, TenantStatus::Active);
    }
}

/// Whatever becomes of the link: a message is heard, or it is said that one may be missing.
#[tokio::test]
async fn no_message_is_lost_unnoticed() {
    let url = variable("REDIS_URL");
    let link = Link::to(address(&url), Duration::ZERO).await;
    let (near, far) = (bus(&url), bus(&format!("redis://127.0.0.1:{}", link.port())));
    let mut events = far.subscribe();
    gap(&mut events).await;
    let change = || Invalidation { tenant: TenantId::generate(), version: 1, keys: Vec::new() };
    for hurt in [Link::cut, Link::hang] {
        hurt(&link);
        let first = change();
        near.publish(&first).await.unwrap();
        link.mend();
        // The listener may not be back yet: only a gap would tell it of this one.
        let mut known = false;
        while !known {
            near.publish(&change()).await.unwrap();
            known = match events.recv().await.unwrap() {
                BusEvent::Invalidated(heard) => *heard == first,
                BusEvent::Gap => true,
                other => panic!("{other:?}"),
            };
        }
        let last = change();
        near.publish(&last).await.unwrap();
        while !matches!(events.recv().await.unwrap(), BusEvent::Invalidated(heard) if *heard == last)
        {
        }
    }
}

#[tokio::test]
async fn a_redis_that_is_away_fails_the_publisher_and_hangs_nobody() {
    // Nobody listens on a port that was just given back.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let bus = bus(&format!("redis://127.0.0.1:{port}"));
    let change = Invalidation { tenant: TenantId::generate(), version: 1, keys: Vec::new() };
    let failed = bus.publish(&change).await.unwrap_err();
    assert_eq!(failed.kind(), tenancy_core::ErrorKind::Unavailable);
}
