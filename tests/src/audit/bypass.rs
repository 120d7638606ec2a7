//! A bypass: recorded before it is given, used for its purpose and its time, and no longer.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::audit::{AuditAction, AuditEvent, AuditOutcome, AuditParty, Auditor};
use tenancy_core::{
    Actor, ActorKind, BypassAuthority, BypassPurpose, Clock as _, ErrorKind, ManualClock, TenantId,
};

use super::sinks::{Mood, Moody};
use crate::harness::two_tenants;

enum Reports {}

impl BypassPurpose for Reports {
    const NAME: &'static str = "reports";
}

const REASON: &str = "the regulator's monthly report";
const TEN_MINUTES: Duration = Duration::from_mins(10);

struct Office {
    sink: Moody,
    auditor: Auditor,
    clock: Arc<ManualClock>,
    authority: BypassAuthority,
}

impl Office {
    fn new(sink: Moody) -> Self {
        let clock = Arc::new(ManualClock::at_unix(1_800_000_000));
        let auditor = Auditor::options().clock(clock.clone()).build(sink.clone());
        let authority = BypassAuthority::new(auditor.clone()).clock(clock.clone());
        Self { sink, auditor, clock, authority }
    }

    async fn told(&self, tenant: TenantId) -> Vec<AuditEvent> {
        self.auditor.flush().await;
        self.sink.of(tenant).await
    }
}

fn officer() -> Actor {
    let boss = Actor::new(ActorKind::User, "boss");
    Actor::new(ActorKind::User, "officer").on_behalf_of(boss)
}

fn names(events: &[AuditEvent]) -> Vec<(&str, AuditOutcome)> {
    events.iter().map(|event| (event.action().as_str(), event.outcome())).collect()
}

#[tokio::test]
async fn a_grant_and_each_use_are_recorded_before_they_are_given() {
    let office = Office::new(Moody::good());
    let (a, b) = two_tenants();
    let bypass = office.authority.grant::<Reports>(officer(), REASON, TEN_MINUTES).await.unwrap();
    // Not told and to come: there.
    let [granted] = &office.sink.of(TenantId::PLATFORM).await[..] else { panic!() };
    assert_eq!(*granted.action(), AuditAction::BYPASS_GRANTED);
    assert_eq!(granted.actor(), Some(&AuditParty::user("officer")));
    assert_eq!(granted.on_behalf_of(), Some(&AuditParty::user("boss")));
    assert_eq!(granted.detail("reason"), Some(REASON));
    assert_eq!(granted.detail("purpose"), Some("reports"));
    assert_eq!(granted.at(), office.clock.now());
    assert_eq!(granted.resource().unwrap().id(), bypass.id().to_string());

    bypass.use_for("all totals").await.unwrap();
    bypass.use_on(a, "the totals of one").await.unwrap();
    let everywhere = office.sink.of(TenantId::PLATFORM).await;
    assert_eq!(names(&everywhere)[1], ("bypass.used", AuditOutcome::Succeeded));
    // The tenant that was looked at finds who did it and why.
    let [of_a] = &office.sink.of(a).await[..] else { panic!() };
    assert_eq!(of_a.detail("what"), Some("the totals of one"));
    assert_eq!((of_a.detail("reason"), of_a.actor()), (Some(REASON), granted.actor()));
    assert!(office.sink.of(b).await.is_empty());
    assert_eq!((bypass.actor(), bypass.reason()), (&officer(), REASON));
    assert!(!format!("{bypass:?}").contains("officer"), "{bypass:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_record_there_is_no_bypass() {
    for (mood, kind) in [
        (Mood::Away, ErrorKind::Unavailable),
        (Mood::Hanging, ErrorKind::Unavailable),
        (Mood::Refusing, ErrorKind::Internal),
        (Mood::Panicking, ErrorKind::Internal),
    ] {
        let office = Office::new(Moody::new(mood, 1));
        let refused = office.authority.grant::<Reports>(officer(), REASON, TEN_MINUTES).await;
        assert_eq!(refused.unwrap_err().kind(), kind, "{mood:?}");
        assert!(office.told(TenantId::PLATFORM).await.is_empty(), "{mood:?}");
        // The sink is good again.
        let granted = office.authority.grant::<Reports>(officer(), REASON, TEN_MINUTES).await;
        assert!(granted.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_use_that_cannot_be_recorded_is_refused() {
    let (a, b) = two_tenants();
    let good = Office::new(Moody::good());
    let bypass = good.authority.grant::<Reports>(officer(), REASON, TEN_MINUTES).await.unwrap();
    drop(bypass);
    // One that is good for the grant, and away afterwards.
    let sink = FirstOnly::default();
    let authority = BypassAuthority::new(Auditor::new(sink));
    let bypass = authority.grant::<Reports>(officer(), REASON, TEN_MINUTES).await.unwrap();
    for tenant in [a, b] {
        let refused = bypass.use_on(tenant, "a look").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
    }
}

/// Takes one event.
#[derive(Default)]
struct FirstOnly(std::sync::atomic::AtomicBool);

#[tenancy_core::async_trait]
impl tenancy_core::AuditSink for FirstOnly {
    async fn record(&self, _: &[AuditEvent]) -> Result<(), tenancy_core::Error> {
        let has_one = self.0.swap(true, std::sync::atomic::Ordering::SeqCst);
        let away = || tenancy_core::Error::new(ErrorKind::Unavailable, "ask the sink");
        if has_one { Err(away()) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_bypass_opens_nothing_and_says_so() {
    let office = Office::new(Moody::good());
    let (a, b) = two_tenants();
    let bypass = office.authority.grant::<Reports>(officer(), REASON, TEN_MINUTES).await.unwrap();
    assert_eq!(bypass.expires_at(), office.clock.now() + TEN_MINUTES);
    office.clock.set(bypass.expires_at() - Duration::from_micros(1));
    bypass.use_on(a, "just in time").await.unwrap();
    office.clock.advance(Duration::from_micros(1));
    for tenant in [a, b] {
        let refused = bypass.use_on(tenant, "too late").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
    }
    let used = ("bypass.used", AuditOutcome::Succeeded);
    let late = ("bypass.used", AuditOutcome::Denied);
    assert_eq!(names(&office.told(a).await), [used, late]);
    assert_eq!(names(&office.told(b).await), [late]);
}

/// Whoever can set the clock back must not make a bypass last.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_lengthens_nothing() {
    let office = Office::new(Moody::good());
    let (a, _) = two_tenants();
    let bypass = office.authority.grant::<Reports>(officer(), REASON, TEN_MINUTES).await.unwrap();
    tokio::time::sleep(TEN_MINUTES).await;
    office.clock.set(office.clock.now() - Duration::from_hours(1));
    let refused = bypass.use_on(a, "still open?").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_bypass_needs_a_reason_and_a_short_time() {
    let office = Office::new(Moody::good());
    let long = "because ".repeat(100);
    for reason in [
        "",
        "why not",
        "          ",
        "..............",
        "a b c d e f g h i",
        &long,
        "a good reason\nbypass.granted to nobody",
        "a good reason\0",
    ] {
        let refused = office.authority.grant::<Reports>(officer(), reason, TEN_MINUTES).await;
        let error = refused.unwrap_err();
        assert_eq!(
            (error.kind(), error.subject()),
            (ErrorKind::Invalid, Some("reason")),
            "{reason}"
        );
    }
    let hour = Duration::from_hours(1);
    for lasts in [Duration::ZERO, hour + Duration::from_secs(1), Duration::MAX] {
        let refused = office.authority.grant::<Reports>(officer(), REASON, lasts).await;
        assert_eq!(refused.unwrap_err().subject(), Some("lasts"), "{lasts:?}");
    }
    // Nobody makes the hour longer.
    let lax = office.authority.clone().longest(Duration::from_hours(24));
    assert!(lax.grant::<Reports>(officer(), REASON, hour * 2).await.is_err());
    let strict = office.authority.clone().longest(TEN_MINUTES);
    assert!(strict.grant::<Reports>(officer(), REASON, hour).await.is_err());
    assert!(office.told(TenantId::PLATFORM).await.is_empty());
    assert!(lax.grant::<Reports>(officer(), "Überprüfung", hour).await.is_ok());
}
