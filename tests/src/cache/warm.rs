//! Loading many keys before anybody asks.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tenancy_core::{Error, ErrorKind, TenantId};

use super::world::{cache, found};
use crate::harness::two_tenants;

fn at_once(tasks: usize) -> NonZeroUsize {
    NonZeroUsize::new(tasks).unwrap()
}

#[tokio::test]
async fn many_keys_are_loaded_a_few_at_once_and_each_is_told() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    cache.put(harbor, "0", "there before".to_owned()).await.unwrap();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let load = {
        let most = most.clone();
        move |tenant: TenantId, key: String| {
            let (running, most) = (running.clone(), most.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                if key == "13" {
                    return Err(Error::new(ErrorKind::NotFound, "no such menu"));
                }
                Ok(format!("{key} of {tenant}"))
            }
        }
    };
    let keys =
        (0..50).flat_map(|key: u32| [(harbor, key.to_string()), (riverside, key.to_string())]);
    let mut told = Vec::new();
    let warmed =
        cache.warm(keys, at_once(5), load, |so_far| told.push((so_far.done(), so_far.failed())));
    let warmed = warmed.await;
    assert_eq!((warmed.done(), warmed.warm(), warmed.failed()), (100, 98, 2));
    assert_eq!(told.iter().map(|told| told.0).collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());
    assert_eq!(told.last(), Some(&(100, 2)));
    let most = most.load(Ordering::SeqCst);
    assert!((2..=5).contains(&most), "{most} at once");
    assert_eq!(found(&cache, harbor, "0").await.as_deref(), Some("there before"));
    for (tenant, key) in [(harbor, "49"), (riverside, "0"), (riverside, "49")] {
        assert_eq!(found(&cache, tenant, key).await, Some(format!("{key} of {tenant}")));
    }
    assert_eq!(found(&cache, harbor, "13").await, None);
}

/// The list of keys may be without end: it is read as there is room.
#[tokio::test]
async fn a_warm_up_that_is_dropped_begins_no_more_loads() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    let read = Arc::new(AtomicUsize::new(0));
    let keys = {
        let read = read.clone();
        (0_usize..).map(move |key| {
            read.fetch_add(1, Ordering::SeqCst);
            ([harbor, riverside][key % 2], key.to_string())
        })
    };
    let load = |_, key: String| async move { Ok(key) };
    let enough = tokio::sync::Notify::new();
    tokio::select! {
        _ = cache.warm(keys, at_once(3), load, |so_far| {
            if so_far.done() == 10 {
                enough.notify_one();
            }
        }) => panic!("it has no end"),
        () = enough.notified() => {}
    }
    let read = read.load(Ordering::SeqCst);
    assert!((10..=200).contains(&read), "{read} keys were read");
    assert_eq!(found(&cache, harbor, "0").await.as_deref(), Some("0"));
    assert_eq!(found(&cache, riverside, "1").await.as_deref(), Some("1"));
}
