//! A source that errs, hangs or lies.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{
    CachedDirectory, ErrorKind, Invalidation, ManualClock, TenantDirectory, TenantStatus,
};

use super::source::{Mood, Source, by_slug, options};

fn cached() -> (Arc<Source>, CachedDirectory<Arc<Source>>, Arc<ManualClock>) {
    let (source, clock) = (Source::new(), Arc::new(ManualClock::at_unix(1_800_000_000)));
    (source.clone(), CachedDirectory::new(source, options(&clock)), clock)
}

#[tokio::test]
async fn what_is_out_of_time_is_given_while_the_source_fails_and_not_for_ever() {
    let (source, directory, clock) = cached();
    directory.find(&by_slug("north")).await.unwrap().unwrap();
    source.mood(Mood::Errs);
    clock.advance(Duration::from_secs(331));
    let stale = directory.find(&by_slug("north")).await.unwrap().unwrap();
    assert_eq!(stale.tenant.slug().as_str(), "north");
    // Nobody has asked for the other one before.
    let refused = directory.find(&by_slug("south")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);

    clock.advance(Duration::from_secs(331));
    let refused = directory.find(&by_slug("north")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
}

/// Else a suspension would be lost as soon as the database is.
#[tokio::test]
async fn what_was_invalidated_is_not_given_however_long_the_source_fails() {
    let (source, directory, _) = cached();
    let north = directory.find(&by_slug("north")).await.unwrap().unwrap().tenant;
    directory.find(&by_slug("south")).await.unwrap().unwrap();
    source.mood(Mood::Errs);
    directory.invalidate(&Invalidation { tenant: north.id(), version: 2, keys: Vec::new() });
    let refused = directory.find(&by_slug("north")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(directory.find(&by_slug("south")).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_is_waited_for_two_seconds() {
    let (source, directory, clock) = cached();
    directory.find(&by_slug("north")).await.unwrap().unwrap();
    source.mood(Mood::Hangs);
    clock.advance(Duration::from_secs(331));
    let before = tokio::time::Instant::now();
    assert!(directory.find(&by_slug("north")).await.unwrap().is_some(), "stale");
    let refused = directory.find(&by_slug("south")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(before.elapsed() <= Duration::from_millis(4_100), "{:?}", before.elapsed());
}

#[tokio::test]
async fn a_source_that_keeps_failing_is_left_alone_and_tried_again() {
    let (source, directory, clock) = cached();
    source.mood(Mood::Errs);
    for _ in 0..20 {
        directory.find(&by_slug("north")).await.unwrap_err();
    }
    assert_eq!(source.asked(), 5);
    source.mood(Mood::Answers);
    directory.find(&by_slug("south")).await.unwrap_err();
    clock.advance(Duration::from_secs(1));
    assert!(directory.find(&by_slug("south")).await.unwrap().is_some());
    assert!(directory.find(&by_slug("north")).await.unwrap().is_some());
    assert_eq!(source.asked(), 7);
}

/// Whoever names a tenant whose record is broken must not close the door for all others.
#[tokio::test]
async fn one_broken_record_does_not_open_the_breaker() {
    let (source, directory, _) = cached();
    source.mood(Mood::Breaks);
    for _ in 0..20 {
        let refused = directory.find(&by_slug("north")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Internal);
    }
    source.mood(Mood::Answers);
    assert!(directory.find(&by_slug("south")).await.unwrap().is_some());
}

#[tokio::test]
async fn an_answer_for_another_key_is_refused_and_not_remembered() {
    let (source, directory, _) = cached();
    source.mood(Mood::Lies);
    for slug in ["north", "south", "nobody"] {
        let refused = directory.find(&by_slug(slug)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Internal, "{slug}");
    }
    source.mood(Mood::Answers);
    for slug in ["north", "south"] {
        let found = directory.find(&by_slug(slug)).await.unwrap().unwrap();
        assert_eq!(found.tenant.slug().as_str(), slug);
    }
}

/// A replica that lags behind must not bring back what was seen to be over.
#[tokio::test]
async fn a_source_that_lags_behind_does_not_take_a_suspension_back() {
    let (source, directory, _) = cached();
    let north = directory.find(&by_slug("north")).await.unwrap().unwrap().tenant;
    // Announced, and not in the source yet.
    directory.invalidate(&Invalidation { tenant: north.id(), version: 2, keys: Vec::new() });
    let refused = directory.find(&by_slug("north")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Overloaded);
    assert!(directory.find(&by_slug("south")).await.unwrap().is_some());
    source.records.set_status(north.id(), TenantStatus::Suspended).unwrap();
    let found = directory.find(&by_slug("north")).await.unwrap().unwrap();
    assert_eq!(found.tenant.status(), TenantStatus::Suspended);
}
