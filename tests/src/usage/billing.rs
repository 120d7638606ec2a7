//! What is billed, in SQL: usage of transactions, events, closed months, gauges.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::usage::{
    Arrival, Dimension, Hour, Meter, Month, Series, UsageEvent, UsageHistory as _, UsageMeter as _,
};
use tenancy_core::{Clock as _, ErrorKind, ManualClock, TenantId};
use tenancy_sqlx::{RecordedEvent, SqlUsageMeter, TenantDb};

use crate::contract::meter::MeterBench;
use crate::harness::{Database, Engine, Note, count_notes, two_tenants, write_note};

/// A meter that starts in the last second of November, and two tenants.
struct World {
    clock: Arc<ManualClock>,
    db: TenantDb,
    meter: SqlUsageMeter,
    a: TenantId,
    b: TenantId,
    _database: Database,
}

macro_rules! on_each_engine {
    ($($name:ident,)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::World::on(super::Engine::Sqlite).await).await;
            })*
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::World::on(super::Engine::MySql).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::World::on(super::Engine::Postgres).await).await;
            })*
        }
    };
}

on_each_engine! {
    usage_is_in_with_its_transaction,
    nothing_is_seen_twice_while_it_is_moved,
    an_event_counts_once,
    events_belong_to_when_they_happened,
    a_closed_month_is_adjusted_and_not_changed,
    gauges_keep_the_last_and_the_highest,
    old_ids_and_hours_are_forgotten,
}

impl World {
    async fn on(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let (clock, db) = (MeterBench::clock(), database.notes().await);
        let meter = SqlUsageMeter::with_clock(db.clone(), clock.clone());
        let (a, b) = two_tenants();
        Self { clock, db, meter, a, b, _database: database }
    }

    async fn transactions(&self, tenant: TenantId, month: Month) -> u64 {
        self.meter.usage(tenant, month).await.unwrap().of(&Meter::TRANSACTIONS)
    }

    fn now(&self) -> Month {
        Month::of(self.clock.now())
    }

    /// An event that happened so long ago.
    fn event(&self, id: &str, count: u64, ago: Duration) -> UsageEvent {
        let happened = self.clock.now() - ago;
        UsageEvent::new(id, Meter::TRANSACTIONS.into(), count, happened).unwrap()
    }

    async fn record(&self, tenant: TenantId, event: &UsageEvent) -> RecordedEvent {
        self.meter.record_event(tenant, event).await.unwrap()
    }
}

async fn usage_is_in_with_its_transaction(world: World) {
    let World { db, meter, a, b, .. } = &world;
    let one = [(Meter::TRANSACTIONS.into(), 1)];
    for (tenant, commits) in [(*a, true), (*b, false), (*a, true), (*b, true)] {
        let mut tx = db.tenant(tenant);
        tx.record_usage(meter, &one).await.unwrap();
        if commits {
            tx.commit().await.unwrap();
        }
    }
    // A statement fails after it: the transaction does not commit, and nothing counts.
    write_note(db, *a, 1).await;
    let mut tx = db.tenant(*a);
    tx.record_usage(meter, &one).await.unwrap();
    tx.repo::<Note>().insert(Note::new(*a, 1)).await.expect_err("it is there");
    tx.commit().await.expect_err("it failed");
    assert_eq!(count_notes(db, *a).await, 1);

    let mut tx = db.read(*a);
    assert_eq!(tx.record_usage(meter, &one).await.unwrap_err().kind(), ErrorKind::Misconfigured);
    drop(tx);
    for _ in 0..2 {
        assert_eq!(world.transactions(*a, world.now()).await, 2);
        assert_eq!(world.transactions(*b, world.now()).await, 1);
        meter.fold(*a).await.unwrap();
    }
    assert_eq!((meter.fold(*a).await.unwrap(), meter.fold(*b).await.unwrap()), (0, 1));
    let hour = Hour::of(world.clock.now());
    let hours = meter.hours(*a, &Meter::TRANSACTIONS, hour..hour.next()).await.unwrap();
    assert_eq!(hours, [(hour, 2)]);
}

/// One reads while several move: the sum is the same at every look.
async fn nothing_is_seen_twice_while_it_is_moved(world: World) {
    const RECORDS: u64 = 600;
    let World { db, meter, a, b, .. } = &world;
    for tenant in [*a, *b] {
        let mut tx = db.tenant(tenant);
        let counts: Vec<_> = (0..RECORDS).map(|_| (Meter::TRANSACTIONS.into(), 1)).collect();
        tx.record_usage(meter, &counts).await.unwrap();
        tx.commit().await.unwrap();
    }
    let movers: Vec<_> = [*a, *b, *a]
        .into_iter()
        .map(|tenant| {
            let meter = meter.clone();
            tokio::spawn(async move { meter.fold(tenant).await.unwrap() })
        })
        .collect();
    let mut looks = 0;
    while looks < 3 || movers.iter().any(|mover| !mover.is_finished()) {
        assert_eq!(world.transactions(*a, world.now()).await, RECORDS);
        assert_eq!(world.transactions(*b, world.now()).await, RECORDS);
        looks += 1;
    }
    let mut moved = 0;
    for mover in movers {
        moved += mover.await.unwrap();
    }
    for tenant in [*a, *b] {
        moved += meter.fold(tenant).await.unwrap();
        assert_eq!(world.transactions(tenant, world.now()).await, RECORDS);
    }
    assert_eq!(moved, 2 * RECORDS);
}

async fn an_event_counts_once(world: World) {
    let (a, b) = (world.a, world.b);
    let event = Arc::new(world.event("evt_1", 3, Duration::ZERO));
    let counts = RecordedEvent::Recorded(Arrival::Counts(world.now()));
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let (meter, event) = (world.meter.clone(), event.clone());
            let tenant = if task % 2 == 0 { a } else { b };
            tokio::spawn(async move { meter.record_event(tenant, &event).await.unwrap() })
        })
        .collect();
    let mut counted = 0;
    for task in tasks {
        counted += usize::from(task.await.unwrap() == counts);
    }
    assert_eq!(counted, 2, "once for each tenant");
    // The same id, told with other numbers, and of another meter.
    assert_eq!(
        world.record(a, &world.event("evt_1", 9, Duration::ZERO)).await,
        RecordedEvent::Duplicate
    );
    let calls = UsageEvent::new("evt_1", Meter::API_CALLS.into(), 1, world.clock.now()).unwrap();
    assert_eq!(world.record(a, &calls).await, counts);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(world.record(b, &event).await, RecordedEvent::Duplicate);
    for tenant in [a, b] {
        assert_eq!(world.transactions(tenant, event_month(&event)).await, 3);
    }
}

fn event_month(event: &UsageEvent) -> Month {
    Month::of(event.happened_at())
}

async fn events_belong_to_when_they_happened(world: World) {
    let (a, b, november) = (world.a, world.b, world.now());
    world.clock.advance(Duration::from_hours(47));
    let late = world.event("late", 1, Duration::from_hours(48));
    let too_late = world.event("too_late", 1, Duration::from_hours(48));
    assert_eq!(world.record(a, &late).await, RecordedEvent::Recorded(Arrival::Counts(november)));
    world.clock.advance(Duration::from_hours(2));
    let adjusts = RecordedEvent::Recorded(Arrival::Adjusts(november));
    assert_eq!(world.record(a, &too_late).await, adjusts);
    assert_eq!(world.record(b, &late).await, adjusts);
    assert_eq!(world.transactions(a, november).await, 1);
    assert_eq!(world.transactions(b, november).await, 0);

    let skew = Duration::from_mins(5);
    let ahead = |by: Duration| {
        let happened = world.clock.now() + by;
        UsageEvent::new("ahead", Meter::TRANSACTIONS.into(), 1, happened).unwrap()
    };
    let error = world.meter.record_event(a, &ahead(skew + Duration::from_secs(1))).await;
    assert!(error.unwrap_err().is_transient());
    let counted = RecordedEvent::Recorded(Arrival::Counts(november.next()));
    assert_eq!(world.record(a, &ahead(skew)).await, counted);
    let ago = Duration::from_hours(35 * 24);
    let error = world.meter.record_event(b, &world.event("old", 1, ago)).await.unwrap_err();
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("happened_at")));
    let long = "x".repeat(101);
    for id in ["", "a b", "ä", "a\n", &long] {
        let event = UsageEvent::new(id, Meter::TRANSACTIONS.into(), 1, world.clock.now());
        assert_eq!(event.unwrap_err().subject(), Some("id"), "{id:?}");
    }
}

async fn a_closed_month_is_adjusted_and_not_changed(world: World) {
    let World { meter, a, b, .. } = &world;
    let november = world.now();
    let (transactions, part) = (Series::from(Meter::TRANSACTIONS), Dimension::from_static("card"));
    for tenant in [*a, *b] {
        meter.record(tenant, &[(Meter::TRANSACTIONS, 10)]).await.unwrap();
    }
    let adjust = async |series: &Series, amount, reason: &str| {
        meter.adjust(*a, november, series, amount, reason).await
    };
    let error = adjust(&transactions, -2, "counted twice").await.unwrap_err();
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("month")));
    world.clock.advance(Duration::from_hours(49));
    for reason in ["", "  ", &"x".repeat(201)] {
        let error = adjust(&transactions, -2, reason).await.unwrap_err();
        assert_eq!(error.subject(), Some("reason"));
    }
    adjust(&transactions, -2, "counted twice").await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    adjust(&transactions.clone().by(part), 5, "a terminal that was offline").await.unwrap();
    let found = meter.adjustments(*a, november).await.unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.amount(), one.reason())).collect();
    assert_eq!(found, [(-2, "counted twice"), (5, "a terminal that was offline")]);
    assert_eq!(meter.adjustments(*b, november).await.unwrap(), []);
    for tenant in [*a, *b] {
        assert_eq!(world.transactions(tenant, november).await, 10);
    }
}

async fn gauges_keep_the_last_and_the_highest(world: World) {
    let World { meter, a, b, .. } = &world;
    let (november, stored) = (world.now(), Series::from(Meter::from_static("stored_bytes")));
    for value in [500, 900, -3, 700] {
        meter.set_gauge(*a, &stored, value).await.unwrap();
        meter.set_gauge(*b, &stored, 2 * value).await.unwrap();
    }
    // A node whose clock is behind says nothing about now, but what it saw was there.
    world.clock.set(world.clock.now() - Duration::from_secs(30));
    meter.set_gauge(*a, &stored, 950).await.unwrap();
    let gauges = meter.gauges(*a, november).await.unwrap();
    assert_eq!((gauges.len(), gauges[0].last(), gauges[0].peak()), (1, 700, 950));
    let gauges = meter.gauges(*b, november).await.unwrap();
    assert_eq!((gauges[0].last(), gauges[0].peak()), (1_400, 1_800));
    assert_eq!(meter.gauges(*b, november.next()).await.unwrap(), []);
}

async fn old_ids_and_hours_are_forgotten(world: World) {
    let World { meter, a, b, .. } = &world;
    let (november, hour) = (world.now(), Hour::of(world.clock.now()));
    for tenant in [*a, *b] {
        world.record(tenant, &world.event("evt", 1, Duration::ZERO)).await;
    }
    let hours = async |tenant| {
        meter.hours(tenant, &Meter::TRANSACTIONS, hour..hour.next()).await.unwrap().len()
    };
    world.clock.advance(Duration::from_hours(34 * 24));
    meter.prune(*a).await.unwrap();
    let again = UsageEvent::new("evt", Meter::TRANSACTIONS.into(), 1, hour.start()).unwrap();
    assert_eq!(world.record(*a, &again).await, RecordedEvent::Duplicate);
    world.clock.advance(Duration::from_hours(56 * 24));
    meter.prune(*a).await.unwrap();
    assert_eq!((hours(*a).await, hours(*b).await), (1, 1), "90 days after November");
    world.clock.advance(Duration::from_hours(24));
    meter.prune(*a).await.unwrap();
    assert_eq!((hours(*a).await, hours(*b).await), (0, 1), "and of one tenant alone");
    for tenant in [*a, *b] {
        assert_eq!(world.transactions(tenant, november).await, 1);
    }
}
