//! What is remembered: how long, for whom, and what a change makes of it.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tenancy_core::{
    ApiKey, ApiKeySecret, CachedDirectory, DirectoryEntry, Invalidation, ManualClock, Remembered,
    Tenant, TenantDirectory, TenantKey, TenantSlug, TenantStatus,
};

use super::source::{Mood, Source, by_slug, options, tenant};

type Cached = CachedDirectory<Arc<Source>>;

fn cached() -> (Arc<Source>, Cached, Arc<ManualClock>) {
    let (source, clock) = (Source::new(), Arc::new(ManualClock::at_unix(1_800_000_000)));
    (source.clone(), CachedDirectory::new(source, options(&clock)), clock)
}

async fn find(directory: &Cached, key: &TenantKey) -> Option<DirectoryEntry> {
    directory.find(key).await.unwrap()
}

async fn status(directory: &Cached, key: &TenantKey) -> TenantStatus {
    find(directory, key).await.unwrap().tenant.status()
}

#[tokio::test]
async fn a_key_is_asked_for_once_until_its_time_is_up() {
    let (source, directory, clock) = cached();
    for (asked, slug) in [(1, "north"), (2, "south")] {
        for _ in 0..3 {
            assert_eq!(
                find(&directory, &by_slug(slug)).await.unwrap().tenant.slug().as_str(),
                slug
            );
            assert!(matches!(directory.remembered(&by_slug(slug)), Remembered::Found(_)));
        }
        assert_eq!(source.asked(), asked);
    }
    clock.advance(Duration::from_secs(269));
    find(&directory, &by_slug("north")).await;
    assert_eq!(source.asked(), 2);
    // The time is 300 s, a tenth more or less by chance.
    clock.advance(Duration::from_secs(61));
    assert!(matches!(directory.remembered(&by_slug("north")), Remembered::Nothing));
    find(&directory, &by_slug("north")).await;
    assert_eq!(source.asked(), 3);
}

#[tokio::test]
async fn that_there_is_none_is_remembered_for_a_short_time() {
    let (source, directory, clock) = cached();
    assert!(matches!(directory.remembered(&by_slug("nobody")), Remembered::Nothing));
    for _ in 0..3 {
        assert!(find(&directory, &by_slug("nobody")).await.is_none());
        assert!(matches!(directory.remembered(&by_slug("nobody")), Remembered::Absent));
    }
    assert_eq!(source.asked(), 1);
    source.records.insert(tenant("nobody")).unwrap();
    clock.advance(Duration::from_secs(5));
    assert!(find(&directory, &by_slug("nobody")).await.is_some());
}

#[tokio::test]
async fn a_hundred_callers_ask_once_and_one_that_gives_up_stops_nobody() {
    let (source, directory, _) = cached();
    source.mood(Mood::Holds);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let directory = directory.clone();
            tokio::spawn(async move { find(&directory, &by_slug("north")).await.is_some() })
        })
        .collect();
    source.holding(1).await;
    // The first of them began the look-up.
    callers[0].abort();
    source.release();
    let mut served = 0;
    for caller in callers {
        served += usize::from(caller.await.unwrap_or(false));
    }
    assert!(served >= 99, "{served}");
    assert_eq!(source.asked(), 1);
}

/// A stream that runs for hours asks its own record.
#[tokio::test]
async fn who_works_with_an_old_record_can_tell() {
    let (source, directory, _) = cached();
    // The source's records are shared by its nodes: what one has heard is not for the other.
    let other = CachedDirectory::new(source.clone(), options(&Arc::new(ManualClock::at_unix(0))));
    let mut held = Vec::new();
    for slug in ["north", "south"] {
        let tenant = find(&directory, &by_slug(slug)).await.unwrap().tenant;
        held.push((tenant, find(&other, &by_slug(slug)).await.unwrap().tenant));
    }
    let (north, _) = &held[0];
    directory.invalidate(&Invalidation { tenant: north.id(), version: 2, keys: Vec::new() });
    let superseded: Vec<_> =
        held.iter().map(|(here, there)| (here.is_superseded(), there.is_superseded())).collect();
    assert_eq!(superseded, [(true, false), (false, false)]);
    assert!(!Tenant::clone(north).is_superseded());
}

#[tokio::test]
async fn a_change_outdates_all_keys_of_a_tenant_and_no_other() {
    let (source, directory, _) = cached();
    let secrets = ["north", "south"].map(|_| ApiKeySecret::generate("test").unwrap());
    let mut ids = Vec::new();
    for (slug, secret) in ["north", "south"].iter().zip(&secrets) {
        let id = find(&directory, &by_slug(slug)).await.unwrap().tenant.id();
        source.records.insert_api_key(secret, ApiKey::new("key_1", id));
        ids.push(id);
    }
    let keys = |at: usize| {
        let slug = by_slug(["north", "south"][at]);
        [slug, TenantKey::Id(ids[at]), TenantKey::ApiKeyHash(secrets[at].hash())]
    };
    for key in keys(0).iter().chain(&keys(1)) {
        assert_eq!(status(&directory, key).await, TenantStatus::Active);
    }
    source.records.set_status(ids[0], TenantStatus::Suspended).unwrap();
    let asked = source.asked();
    // It names the tenant alone; the hash of its API key, nobody knows.
    directory.invalidate(&Invalidation { tenant: ids[0], version: 2, keys: Vec::new() });
    for key in keys(0) {
        assert_eq!(status(&directory, &key).await, TenantStatus::Suspended, "{key:?}");
    }
    assert_eq!(source.asked(), asked + 3);
    for key in keys(1) {
        assert_eq!(status(&directory, &key).await, TenantStatus::Active);
    }
    assert_eq!(source.asked(), asked + 3, "the other tenant is still remembered");
}

#[tokio::test]
async fn a_slug_that_changes_hands_leads_to_its_new_tenant() {
    let (source, directory, _) = cached();
    let north = find(&directory, &by_slug("north")).await.unwrap().tenant;
    assert!(find(&directory, &by_slug("boreal")).await.is_none());
    let renamed =
        Tenant::new(north.id(), TenantSlug::parse("boreal").unwrap(), north.plan().clone());
    source.records.insert(renamed.with_version(2)).unwrap();
    let new = tenant("north");
    source.records.insert(new.clone()).unwrap();
    let changed = source.changes_since(2).await.unwrap().invalidations.unwrap();
    for change in &changed {
        directory.invalidate(change);
    }

    assert_eq!(find(&directory, &by_slug("boreal")).await.unwrap().tenant.id(), north.id());
    assert_eq!(find(&directory, &by_slug("north")).await.unwrap().tenant.id(), new.id());
}

#[tokio::test]
async fn a_load_under_way_does_not_bring_the_old_record_back() {
    let (source, directory, _) = cached();
    let id = find(&directory, &by_slug("north")).await.unwrap().tenant.id();
    directory.forget_all();
    source.mood(Mood::Holds);
    let loading = tokio::spawn({
        let directory = directory.clone();
        async move { status(&directory, &by_slug("north")).await }
    });
    // The old record has been read; then it changes.
    source.holding(1).await;
    source.records.set_status(id, TenantStatus::Suspended).unwrap();
    directory.invalidate(&Invalidation { tenant: id, version: 2, keys: Vec::new() });
    source.mood(Mood::Answers);
    source.release();
    assert_eq!(loading.await.unwrap(), TenantStatus::Suspended);
    assert_eq!(status(&directory, &by_slug("north")).await, TenantStatus::Suspended);
}

/// The same for a name that nobody had when the load began.
#[tokio::test]
async fn a_load_under_way_does_not_hide_a_new_tenant() {
    let (source, directory, _) = cached();
    source.mood(Mood::Holds);
    let loading = tokio::spawn({
        let directory = directory.clone();
        async move { find(&directory, &by_slug("new")).await.is_some() }
    });
    source.holding(1).await;
    let new = tenant("new");
    let change = Invalidation { tenant: new.id(), version: 1, keys: vec![by_slug("new")] };
    source.records.insert(new).unwrap();
    directory.invalidate(&change);
    source.mood(Mood::Answers);
    source.release();
    assert!(loading.await.unwrap());
}

#[tokio::test]
async fn ten_thousand_made_up_names_push_no_tenant_out() {
    let (source, clock) = (Source::new(), Arc::new(ManualClock::at_unix(1_800_000_000)));
    let options = options(&clock).capacity(100).absent_capacity(1_000);
    let directory = CachedDirectory::new(source.clone(), options);
    for slug in ["north", "south"] {
        find(&directory, &by_slug(slug)).await.unwrap();
    }
    for made_up in 0..10_000 {
        assert!(find(&directory, &by_slug(&format!("made-up-{made_up}"))).await.is_none());
    }
    let asked = source.asked();
    for slug in ["north", "south"] {
        find(&directory, &by_slug(slug)).await.unwrap();
    }
    assert_eq!(source.asked(), asked, "both were still remembered");
    let (found, absent) = directory.remembers();
    assert!(found == 2 && absent <= 1_000, "{found} and {absent}");
}

/// What happens to two tenants, in any order.
#[derive(Debug, Clone, Copy)]
enum Step {
    Change(usize),
    /// The messages of all changes arrive.
    Deliver,
    Look(usize),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..2_usize).prop_map(Step::Change),
        Just(Step::Deliver),
        (0..2_usize).prop_map(Step::Look),
        (0..400_u64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_was_announced_is_never_unseen(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async move {
            let (source, directory, clock) = cached();
            let slugs = ["north", "south"];
            let (mut now, mut announced, mut seen) = ([1_i64; 2], [1_i64; 2], 2);
            for step in steps {
                match step {
                    Step::Change(at) => {
                        let old = source.records.find(&by_slug(slugs[at])).await.unwrap().unwrap();
                        now[at] += 1;
                        let new = Tenant::clone(&old.tenant).with_version(now[at]);
                        source.records.insert(new).unwrap();
                    }
                    Step::Deliver => {
                        let changes = source.changes_since(seen).await.unwrap();
                        seen = changes.revision;
                        let all = changes.invalidations.unwrap();
                        for change in &all {
                            directory.invalidate(change);
                        }
                        announced = now;
                    }
                    Step::Look(at) => {
                        let found = find(&directory, &by_slug(slugs[at])).await.unwrap().tenant;
                        assert_eq!(found.slug().as_str(), slugs[at]);
                        assert!((announced[at]..=now[at]).contains(&found.version()));
                    }
                    Step::Wait(seconds) => clock.advance(Duration::from_secs(seconds)),
                }
            }
        });
    }
}
