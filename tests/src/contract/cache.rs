//! What every store of a cache must do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tenancy_core::cache::{Begun, CacheKey, CacheStore, Filled, Lease};
use tenancy_core::{CacheName, TenantCache, TenantCacheOptions, TenantId};

pub(crate) const MENUS: CacheName = CacheName::from_static("menus");
pub(crate) const LONG: Duration = Duration::from_mins(5);

/// A store under test, and two tenants.
pub(crate) struct CacheBench {
    store: Arc<dyn CacheStore<String>>,
    cache: TenantCache<String>,
    harbor: TenantId,
    riverside: TenantId,
}

impl CacheBench {
    /// Takes two stores over the same memory or server.
    pub(crate) fn new(store: impl CacheStore<String>, same: impl CacheStore<String>) -> Self {
        Self {
            store: Arc::new(store),
            cache: TenantCache::new(same, TenantCacheOptions::new()),
            harbor: TenantId::generate(),
            riverside: TenantId::generate(),
        }
    }

    fn tenants(&self) -> [TenantId; 2] {
        [self.harbor, self.riverside]
    }

    async fn get(&self, key: &CacheKey) -> Option<String> {
        let found = self.store.get(key).await.expect("an answer");
        found.map(|value| value.as_ref().clone())
    }

    async fn put(&self, key: &CacheKey, value: &str) {
        self.store.put(key, &Arc::new(value.to_owned()), LONG).await.expect("it is put");
    }

    async fn remove(&self, key: &CacheKey) {
        self.store.remove(key).await.expect("it is removed");
    }

    async fn flush(&self, tenant: TenantId) {
        self.store.flush_tenant(tenant).await.expect("it is flushed");
    }

    async fn begin(&self, key: &CacheKey) -> Begun<String> {
        self.store.begin(key, LONG).await.expect("an answer")
    }

    async fn lease(&self, key: &CacheKey) -> Lease {
        match self.begin(key).await {
            Begun::Lease(lease) => lease,
            Begun::Found(value) => panic!("{key:?} is there: {value}"),
        }
    }

    async fn fill(&self, key: &CacheKey, lease: &Lease, value: &str) -> Filled {
        let value = Arc::new(value.to_owned());
        self.store.fill(key, lease, &value, LONG).await.expect("an answer")
    }
}

/// Runs the suite against what `$bench`, an expression in an async block, makes.
macro_rules! cache_contract {
    ($bench:expr) => {
        crate::contract::cache::cache_contract!(@tests $bench;
            keeps_each_value_under_its_tenant_and_key_alone,
            forgets_one_key,
            flushes_one_tenant_and_no_other,
            flushes_what_is_put_again_and_again,
            keeps_what_was_loaded_under_a_lease_once,
            refuses_a_lease_after_a_flush_a_removal_or_a_put,
            refuses_a_lease_for_any_other_key,
            agrees_with_a_model,
            loads_once_for_a_crowd,
            gives_nobody_what_was_flushed,
        );
    };
    (@tests $bench:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::contract::cache::$name(&async { $bench }.await).await;
            }
        )*
    };
}
pub(crate) use cache_contract;

/// Subjects that try to be something else.
fn subjects(other: TenantId) -> Vec<Vec<u8>> {
    let long = vec![b'x'; 4_000];
    let mut subjects: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"menu".to_vec(),
        b"menu\0".to_vec(),
        b"}:c:menus:g".to_vec(),
        b"g".to_vec(),
        b"=menu".to_vec(),
        vec![0xff, 0xfe],
        long[1..].to_vec(),
        long,
        other.uuid().as_bytes().to_vec(),
        format!("{other}").into_bytes(),
        format!("tn:{{{other}}}:c:menus:v:=menu").into_bytes(),
    ];
    subjects.push([other.uuid().as_bytes().as_slice(), b"menu"].concat());
    subjects
}

pub(crate) async fn keeps_each_value_under_its_tenant_and_key_alone(bench: &CacheBench) {
    let mut keys = Vec::new();
    for (tenant, other) in [(bench.harbor, bench.riverside), (bench.riverside, bench.harbor)] {
        keys.extend(subjects(other).iter().map(|subject| CacheKey::new(tenant, subject)));
    }
    for (at, key) in keys.iter().enumerate() {
        assert_eq!(bench.get(key).await, None, "{key:?}");
        bench.put(key, &format!("value {at}")).await;
    }
    for (at, key) in keys.iter().enumerate() {
        assert_eq!(bench.get(key).await, Some(format!("value {at}")), "{key:?}");
    }
    bench.put(&keys[0], "another").await;
    assert_eq!(bench.get(&keys[0]).await.as_deref(), Some("another"));
    assert_eq!(bench.get(&keys[1]).await.as_deref(), Some("value 1"));
}

pub(crate) async fn forgets_one_key(bench: &CacheBench) {
    let keys = bench.tenants().map(|tenant| CacheKey::new(tenant, "menu"));
    let beside = CacheKey::new(bench.harbor, "prices");
    for key in keys.iter().chain([&beside]) {
        bench.put(key, "old").await;
    }
    for _ in 0..2 {
        bench.remove(&keys[0]).await;
        assert_eq!(bench.get(&keys[0]).await, None);
        assert_eq!(bench.get(&keys[1]).await.as_deref(), Some("old"));
        assert_eq!(bench.get(&beside).await.as_deref(), Some("old"));
    }
    bench.put(&keys[0], "new").await;
    assert_eq!(bench.get(&keys[0]).await.as_deref(), Some("new"));
}

pub(crate) async fn flushes_one_tenant_and_no_other(bench: &CacheBench) {
    let keys = bench.tenants().map(|tenant| {
        (0..20).map(|at| CacheKey::new(tenant, format!("menu {at}"))).collect::<Vec<_>>()
    });
    for key in keys.iter().flatten() {
        bench.put(key, "old").await;
    }
    bench.flush(bench.harbor).await;
    for key in &keys[0] {
        assert_eq!(bench.get(key).await, None, "{key:?}");
        drop(bench.lease(key).await);
    }
    for key in &keys[1] {
        assert_eq!(bench.get(key).await.as_deref(), Some("old"), "{key:?}");
    }
    bench.put(&keys[0][0], "new").await;
    assert_eq!(bench.get(&keys[0][0]).await.as_deref(), Some("new"));
    assert_eq!(bench.get(&keys[0][1]).await, None);
}

/// A number that went round, or began anew, would meet an old generation.
pub(crate) async fn flushes_what_is_put_again_and_again(bench: &CacheBench) {
    let [here, there] = bench.tenants().map(|tenant| CacheKey::new(tenant, "menu"));
    let old = CacheKey::new(bench.harbor, "of the first generation");
    bench.flush(bench.harbor).await;
    bench.put(&old, "old").await;
    bench.put(&there, "there").await;
    for round in 0..50 {
        bench.put(&here, &format!("round {round}")).await;
        assert_eq!(bench.get(&here).await, Some(format!("round {round}")));
        bench.flush(bench.harbor).await;
        assert_eq!(bench.get(&here).await, None);
        assert_eq!(bench.get(&old).await, None);
    }
    assert_eq!(bench.get(&there).await.as_deref(), Some("there"));
}

pub(crate) async fn keeps_what_was_loaded_under_a_lease_once(bench: &CacheBench) {
    for tenant in bench.tenants() {
        let key = CacheKey::new(tenant, "menu");
        let (first, second) = (bench.lease(&key).await, bench.lease(&key).await);
        assert_eq!(bench.get(&key).await, None, "a lease is no value");
        assert_eq!(bench.fill(&key, &first, "first").await, Filled::Kept);
        assert_eq!(bench.get(&key).await.as_deref(), Some("first"));
        for lease in [&second, &first] {
            assert_eq!(bench.fill(&key, lease, "late").await, Filled::Outdated);
        }
        assert_eq!(bench.get(&key).await.as_deref(), Some("first"));
        assert!(matches!(bench.begin(&key).await, Begun::Found(value) if *value == "first"));
    }
}

pub(crate) async fn refuses_a_lease_after_a_flush_a_removal_or_a_put(bench: &CacheBench) {
    let other = CacheKey::new(bench.riverside, "menu");
    let of_other = bench.lease(&other).await;
    for (event, after) in [("flush", None), ("removal", None), ("put", Some("put"))] {
        let key = CacheKey::new(bench.harbor, event);
        let lease = bench.lease(&key).await;
        match event {
            "flush" => bench.flush(bench.harbor).await,
            "removal" => bench.remove(&key).await,
            _ => bench.put(&key, "put").await,
        }
        assert_eq!(bench.fill(&key, &lease, "old").await, Filled::Outdated, "{event}");
        assert_eq!(bench.get(&key).await.as_deref(), after, "{event}");
        if after.is_none() {
            // Nor beside a lease that came later.
            let newer = bench.lease(&key).await;
            assert_eq!(bench.fill(&key, &lease, "old").await, Filled::Outdated, "{event}");
            assert_eq!(bench.fill(&key, &newer, "new").await, Filled::Kept, "{event}");
        }
        // Put and removed again: the key looks as it did.
        let lease = if after.is_some() { lease } else { continue };
        bench.remove(&key).await;
        assert_eq!(bench.fill(&key, &lease, "old").await, Filled::Outdated);
        assert_eq!(bench.get(&key).await, None);
    }
    assert_eq!(bench.fill(&other, &of_other, "kept").await, Filled::Kept, "nothing happened to it");
}

pub(crate) async fn refuses_a_lease_for_any_other_key(bench: &CacheBench) {
    let key = CacheKey::new(bench.harbor, "menu");
    let others = [CacheKey::new(bench.riverside, "menu"), CacheKey::new(bench.harbor, "prices")];
    let lease = bench.lease(&key).await;
    for other in &others {
        assert_eq!(bench.fill(other, &lease, "stray").await, Filled::Outdated, "{other:?}");
        drop(bench.lease(other).await);
        assert_eq!(bench.fill(other, &lease, "stray").await, Filled::Outdated, "{other:?}");
        assert_eq!(bench.get(other).await, None);
    }
    assert_eq!(bench.fill(&key, &lease, "home").await, Filled::Kept);
}

/// What happens to a store; keys are numbers from 0 to 3, two of each tenant.
#[derive(Debug, Clone)]
enum Step {
    Put(usize),
    Remove(usize),
    Flush(usize),
    Begin(usize),
    /// Fills the key of one of the leases, the newest first.
    Fill(usize),
    /// The same, with a lease of whichever key.
    FillAny(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..4_usize).prop_map(Step::Put),
        (0..4_usize).prop_map(Step::Remove),
        (0..2_usize).prop_map(Step::Flush),
        (0..4_usize).prop_map(Step::Begin),
        (0..4_usize).prop_map(Step::Begin),
        (0..6_usize).prop_map(Step::Fill),
        (0..6_usize).prop_map(Step::Fill),
        (0..4_usize, 0..6_usize).prop_map(|(key, lease)| Step::FillAny(key, lease)),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What a store must hold: a value, and how often something happened to the key.
#[derive(Default, Clone)]
struct Held {
    value: Option<String>,
    events: usize,
}

impl Held {
    fn becomes(&mut self, value: Option<String>) {
        self.value = value;
        self.events += 1;
    }
}

pub(crate) async fn agrees_with_a_model(bench: &CacheBench) {
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let steps = steps().new_tree(&mut runner).expect("steps").current();
        run(bench, &steps).await;
    }
}

async fn run(bench: &CacheBench, steps: &[Step]) {
    let tenants = [TenantId::generate(), TenantId::generate()];
    let keys: [CacheKey; 4] =
        std::array::from_fn(|at| CacheKey::new(tenants[at / 2], ["menu", "prices"][at % 2]));
    let mut model: [Held; 4] = Default::default();
    let mut leases: Vec<(usize, usize, Lease)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let value = format!("step {at}");
        let filled = match *step {
            Step::Put(key) => {
                bench.put(&keys[key], &value).await;
                model[key].becomes(Some(value));
                continue;
            }
            Step::Remove(key) => {
                bench.remove(&keys[key]).await;
                model[key].becomes(None);
                continue;
            }
            Step::Flush(tenant) => {
                bench.flush(tenants[tenant]).await;
                model[2 * tenant..][..2].iter_mut().for_each(|held| held.becomes(None));
                continue;
            }
            Step::Begin(key) => {
                match (bench.begin(&keys[key]).await, &model[key].value) {
                    (Begun::Found(found), Some(value)) => assert_eq!(*found, *value, "{steps:?}"),
                    (Begun::Lease(lease), None) => leases.push((key, model[key].events, lease)),
                    (begun, value) => panic!("{begun:?}, not {value:?}, at {at} of {steps:?}"),
                }
                continue;
            }
            Step::Fill(lease) => (None, lease),
            Step::FillAny(key, lease) => (Some(key), lease),
        };
        let (key, newest) = filled;
        let Some((of, events, lease)) = leases.iter().rev().nth(newest) else { continue };
        let key = key.unwrap_or(*of);
        let is_good = key == *of && *events == model[key].events;
        let expected = if is_good { Filled::Kept } else { Filled::Outdated };
        let found = bench.fill(&keys[key], lease, &value).await;
        assert_eq!(found, expected, "at {at} of {steps:?}");
        if is_good {
            model[key].becomes(Some(value));
        }
        for (key, held) in keys.iter().zip(&model) {
            assert_eq!(bench.get(key).await, held.value, "at {at} of {steps:?}");
        }
    }
}

pub(crate) async fn loads_once_for_a_crowd(bench: &CacheBench) {
    let loads = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..200)
        .map(|caller| {
            let (cache, loads) = (bench.cache.clone(), loads.clone());
            let tenant = bench.tenants()[caller % 2];
            tokio::spawn(async move {
                let load = move || {
                    loads.fetch_add(1, Ordering::SeqCst);
                    async move { Ok(tenant.to_string()) }
                };
                let found = cache.get_or_load(tenant, "menu", load).await.expect("a value");
                assert_eq!(*found, tenant.to_string());
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("no panic");
    }
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

/// A writer changes what is loaded and flushes; readers never see what was before a flush that
/// was done when they asked.
pub(crate) async fn gives_nobody_what_was_flushed(bench: &CacheBench) {
    let source = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let flushed = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let readers: Vec<_> = (0..8)
        .map(|reader| {
            let (cache, source, flushed) = (bench.cache.clone(), source.clone(), flushed.clone());
            let (at, tenant) = (reader % 2, bench.tenants()[reader % 2]);
            tokio::spawn(async move {
                for _ in 0..150 {
                    let least = flushed[at].load(Ordering::SeqCst);
                    let source = source.clone();
                    let load = move || {
                        let source = source.clone();
                        async move {
                            let read = source[at].load(Ordering::SeqCst);
                            tokio::task::yield_now().await;
                            Ok(read.to_string())
                        }
                    };
                    let found = cache.get_or_load(tenant, "menu", load).await.expect("a value");
                    let found: usize = found.parse().expect("a number");
                    assert!(found >= least, "{found} is older than {least}");
                }
            })
        })
        .collect();
    let mut version = 0;
    while readers.iter().any(|reader| !reader.is_finished()) {
        version += 1;
        for (at, tenant) in bench.tenants().into_iter().enumerate() {
            source[at].store(version, Ordering::SeqCst);
            if version % 2 == 0 {
                bench.cache.flush_tenant(tenant).await.expect("it is flushed");
            } else {
                bench.cache.remove(tenant, "menu").await.expect("it is removed");
            }
            flushed[at].store(version, Ordering::SeqCst);
        }
        tokio::task::yield_now().await;
    }
    for reader in readers {
        reader.await.expect("nothing old was seen");
    }
}
