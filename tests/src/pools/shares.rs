//! One tenant takes no more of the database than its share, and no longer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenancy_core::{
    Error, ErrorKind, MemoryDirectory, Placement, PlanCatalogue, Tenant, TenantId, TenantSlug,
};
use tenancy_sqlx::{Binding, FromTenantRow, TenantDb, TenantDbOptions, TenantShare, TenantTx};
use tokio::time::timeout;

use super::world::World;
use crate::harness::{
    Database, Engine, Link, NOTES, Note, address, count_notes, two_tenants, write_note,
};

/// Slower than the hasty tenant may be.
const SLOW: &str = "SELECT pg_sleep(0.4)::text AS answer FROM notes";

const SHORT: Duration = Duration::from_millis(300);

async fn read(db: &TenantDb, tenant: TenantId) -> Result<TenantTx, Error> {
    let mut tx = db.read(tenant);
    tx.repo::<Note>().count().await?;
    Ok(tx)
}

#[tokio::test]
async fn one_tenant_cannot_take_the_pool() {
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres, Engine::PgBouncer] {
        let database = Database::create(engine).await;
        let options = database.options().max_connections(3).acquire_timeout(SHORT);
        let options = options.share(TenantShare::new().connections(2));
        let db = database.open(options).await.expect("it opens");
        let (greedy, other) = two_tenants();
        write_note(&db, greedy, 1).await;
        let held = [
            read(&db, greedy).await.expect("its share"),
            read(&db, greedy).await.expect("its share"),
        ];
        // More than the pool has wait for a third: none of them stands in anybody else's way.
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let db = db.clone();
            waiting.spawn(async move { read(&db, greedy).await.map(drop) });
        }
        let asked = Instant::now();
        write_note(&db, other, 1).await;
        assert_eq!(count_notes(&db, other).await, 1);
        assert!(asked.elapsed() < SHORT * 5, "{engine:?}: it took {:?}", asked.elapsed());
        for refused in waiting.join_all().await {
            let error = refused.expect_err("its share is in use");
            assert_eq!(error.kind(), ErrorKind::Overloaded, "{error:?}");
            assert!(error.is_transient());
            assert!(error.message().contains("TenantShare::connections"), "{error:?}");
            assert!(!format!("{error:?}").contains(&greedy.to_string()), "no ids: {error:?}");
        }
        drop(held);
        assert_eq!(count_notes(&db, greedy).await, 1);
    }
}

/// A transaction that ends gives its slot to the one that has waited the longest; one that gives up
/// keeps none.
#[tokio::test]
async fn a_slot_comes_back_whichever_way_a_transaction_ends() {
    let database = Database::create(Engine::Postgres).await;
    let options = database.options().share(TenantShare::new().connections(1));
    let db = database.open(options).await.expect("it opens");
    let (a, b) = two_tenants();
    for round in 1..=3 {
        let holder = read(&db, a).await.expect("free");
        let (waited, ()) = tokio::join!(count_notes(&db, a), async { drop(holder) });
        assert_eq!(waited, round - 1);
        write_note(&db, a, i64::try_from(round).expect("small")).await;
        db.tenant(a).repo::<Note>().insert(Note::new(a, 1)).await.expect_err("it is there");
        read(&db, a).await.expect("free").rollback().await.expect("rolled back");
        let handler = tokio::spawn({
            let db = db.clone();
            async move {
                let _tx = read(&db, a).await.expect("free");
                panic!("a fault in a handler");
            }
        });
        assert!(handler.await.is_err());
    }
    for micros in 0..100_u64 {
        let (first, second) = (count_notes(&db, a), count_notes(&db, a));
        let both = async { tokio::join!(first, second) };
        let _ = timeout(Duration::from_micros(micros * 30), both).await;
    }
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (3, 0));
}

#[derive(FromTenantRow)]
struct Answer {
    answer: String,
}

/// The bound that the database itself has heard of.
async fn bound(tx: &mut TenantTx) -> String {
    let sql = tx.sql("SELECT current_setting('statement_timeout') AS answer FROM notes LIMIT 1");
    sql.fetch_one_as::<Answer>().await.expect("an answer").answer
}

#[tokio::test]
async fn each_tenant_has_a_time_of_its_own() {
    for (engine, binding) in [
        (Engine::Postgres, Binding::Transaction),
        (Engine::PgBouncer, Binding::Transaction),
        (Engine::Postgres, Binding::Session),
        (Engine::Postgres, Binding::None),
    ] {
        let database = Database::create(engine).await;
        let (hasty, usual) = two_tenants();
        let options = database.options().binding(binding).max_connections(1);
        let options = options.statement_timeout(Duration::from_secs(20));
        let options = options.allow_function("current_setting").allow_function("pg_sleep");
        let options = options.share_by_id(move |tenant| {
            if tenant == hasty {
                TenantShare::new().statement_timeout(Duration::from_millis(150))
            } else {
                TenantShare::new()
            }
        });
        let db = database.open(options).await.expect("it opens");
        for tenant in [hasty, usual] {
            write_note(&db, tenant, 1).await;
        }
        for _ in 0..3 {
            for (tenant, expected) in [(hasty, "150ms"), (usual, "20s")] {
                assert_eq!(bound(&mut db.read(tenant)).await, expected, "{binding:?}");
                assert_eq!(bound(&mut db.tenant(tenant)).await, expected, "{binding:?}");
            }
        }
        let slow = db.read(hasty).sql(SLOW).fetch_all_as::<Answer>().await.err();
        assert_eq!(slow.expect("too slow").kind(), ErrorKind::Unavailable);
        let slow = db.read(usual).sql(SLOW).fetch_all_as::<Answer>().await;
        assert_eq!(slow.expect("in time").len(), 1);
    }
}

#[derive(FromTenantRow)]
struct Number {
    #[expect(dead_code, reason = "only whether it comes")]
    answer: i64,
}

#[tokio::test]
async fn mariadb_has_it_too() {
    let database = Database::create(Engine::MySql).await;
    let (hasty, usual) = two_tenants();
    let options = database.options().max_connections(1).allow_function("benchmark");
    let options = options.share_by_id(move |tenant| {
        if tenant == hasty {
            TenantShare::new().statement_timeout(Duration::from_millis(50))
        } else {
            TenantShare::new()
        }
    });
    let db = database.open(options).await.expect("it opens");
    for tenant in [hasty, usual] {
        write_note(&db, tenant, 1).await;
    }
    for _ in 0..2 {
        const SLOW: &str = "SELECT benchmark(20000000, id * id * id) AS answer FROM notes";
        let slow = db.read(hasty).sql(SLOW).fetch_all_as::<Number>().await.err();
        assert_eq!(slow.expect("too slow").kind(), ErrorKind::Unavailable);
        db.read(usual).sql(SLOW).fetch_all_as::<Number>().await.expect("in time");
    }
}

#[tokio::test]
async fn a_share_costs_no_round_trip() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        database.notes().await.close().await;
        let server = address(database.url());
        let link = Link::to(server.clone(), Duration::ZERO).await;
        let url = database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
        let share = TenantShare::new().connections(1).statement_timeout(Duration::from_secs(2));
        let options = database.options().max_connections(1).share(share);
        let db = options.connect(&url).await.expect("it answers");
        for (round, tenant) in
            [two_tenants().0, two_tenants().1, two_tenants().0].iter().enumerate()
        {
            let before = link.turns();
            let tx = read(&db, *tenant).await.expect("a read");
            let turns = link.turns() - before;
            tx.rollback().await.expect("rolled back");
            // The first looks at the database and prepares its statement. The pool asks a
            // connection that comes back for a sign of life: one more.
            assert!(round == 0 || turns - 1 == 2, "BEGIN, statement: {turns} on {engine:?}");
        }
    }
}

/// By the plan in the directory, and so at once after the plan has changed.
#[tokio::test]
async fn a_plan_decides_and_may_change() {
    let plans = PlanCatalogue::example();
    let by_plan = |options: TenantDbOptions| {
        options.acquire_timeout(SHORT).share_by_record(|tenant| {
            TenantShare::new().connections(match tenant.plan().name() {
                "enterprise" => 2,
                _ => 1,
            })
        })
    };
    for placement in [Placement::row(), Placement::schema(), Placement::database()] {
        let world = World::with(Engine::Postgres, &by_plan).await;
        let record = |id, plan| {
            let slug = TenantSlug::parse("harbor").expect("a slug");
            let plan = plans.plan(plan).expect("a plan");
            Tenant::new(id, slug, plan).with_placement(placement.clone())
        };
        let id = world.tenant(placement.clone()).await;
        let other = world.tenant(placement.clone()).await;
        let directory = |plan| {
            let directory = MemoryDirectory::new();
            directory.insert(record(id, plan)).expect("inserted");
            world.bare.clone().with_directory(Arc::new(directory))
        };
        let (starter, enterprise) = (directory("starter"), directory("enterprise"));
        let first = read(&starter, id).await.expect("free");
        assert_eq!(read(&starter, id).await.expect_err("one").kind(), ErrorKind::Overloaded);
        let second = read(&enterprise, id).await.expect("two");
        assert_eq!(read(&enterprise, id).await.expect_err("two").kind(), ErrorKind::Overloaded);
        assert_eq!(count_notes(&world.db, other).await, 0, "it has its own");
        drop((first, second));
        let error = read(&world.bare, id).await.expect_err("no directory");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.message().contains("with_directory"), "{error:?}");
        world.bare.migrate(&[NOTES]).await.expect("no tenant's share is asked for");
    }
}
