//! A tenant named for the session: what a reader sees, what it costs, what it may not do.

use std::time::Duration;

use tenancy_core::{ErrorKind, Placement, TenantId};
use tenancy_sqlx::{Binding, FromTenantRow, Migration, SealKey, TenantDb};

use super::assert_refused;
use crate::harness::{
    Database, Engine, Link, NOTES, Note, address, count_notes, two_tenants, write_note,
};
use crate::pools::World;

async fn opened(database: &Database) -> TenantDb {
    let options = database.options().binding(Binding::Session).max_connections(1);
    database.open(options).await.expect("it opens")
}

#[derive(FromTenantRow)]
struct Answer {
    answer: i64,
}

/// What row-level security lets through, with no predicate in the way.
const VISIBLE: Migration = Migration::portable(
    2,
    "visible",
    "CREATE FUNCTION visible() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.notes';
     CREATE FUNCTION sneak() RETURNS bigint LANGUAGE sql VOLATILE AS
     'DELETE FROM public.notes RETURNING 1::bigint'",
);

async fn call(
    db: &TenantDb,
    tenant: TenantId,
    sql: &'static str,
) -> Result<i64, tenancy_core::Error> {
    db.read(tenant).sql(sql).fetch_one_as::<Answer>().await.map(|row| row.answer)
}

/// The database itself shows a reader its own tenant's rows, and the next one on the same
/// connection those of the next.
#[tokio::test]
async fn row_level_security_knows_the_reader() {
    let database = Database::create(Engine::Postgres).await;
    let options = database.options().binding(Binding::Session).max_connections(1);
    let options = options.allow_function("visible").allow_function("sneak");
    let db = options.connect(database.url()).await.expect("it answers");
    db.migrate(&[NOTES, VISIBLE]).await.expect("migrated");
    let (a, b) = two_tenants();
    for id in 1..=3 {
        write_note(&db, a, id).await;
    }
    write_note(&db, b, 1).await;
    for _ in 0..5 {
        for (tenant, own) in [(a, 3), (b, 1)] {
            let seen = call(&db, tenant, "SELECT visible() AS answer FROM notes LIMIT 1").await;
            assert_eq!(seen.expect("a read"), own);
        }
        // What writes is a transaction, and names its own.
        let mut tx = db.tenant(b);
        let seen = tx.sql("SELECT visible() AS answer FROM notes LIMIT 1");
        assert_eq!(seen.fetch_one_as::<Answer>().await.expect("a read").answer, 1);
        tx.commit().await.expect("committed");
    }
    // A reader does not write, not even by a function.
    let error = call(&db, a, "SELECT sneak() AS answer FROM notes LIMIT 1").await;
    assert_eq!(error.expect_err("read-only").kind(), ErrorKind::Misconfigured);
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (3, 1));
    write_note(&db, b, 2).await;
}

#[tokio::test]
async fn a_reader_costs_one_round_trip_beside_its_statements() {
    let database = Database::create(Engine::Postgres).await;
    opened(&database).await.close().await;
    let server = address(database.url());
    let link = Link::to(server.clone(), Duration::ZERO).await;
    let url = database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
    let options = database.options().binding(Binding::Session).max_connections(1);
    let db = options.connect(&url).await.expect("it answers");
    for tenant in [two_tenants().0, two_tenants().1] {
        for round in 0..3 {
            // Waits until the connection of the round before is back.
            db.ping().await.expect("it answers");
            let mut tx = db.read(tenant);
            tx.repo::<Note>().get(&1).await.expect("a read");
            let before = link.turns();
            for _ in 0..4 {
                tx.repo::<Note>().get(&1).await.expect("a read");
            }
            if round > 0 {
                assert_eq!(link.turns() - before, 4, "each statement one");
            }
            let before = link.turns();
            tx.commit().await.expect("nothing to commit");
            assert!(link.turns() - before <= 1, "the clearing has begun at most");
        }
    }
}

/// The first statement that fails ends the handle; the connection is as good as before.
#[tokio::test]
async fn a_failed_statement_spoils_nobody_else() {
    let database = Database::create(Engine::Postgres).await;
    let db = opened(&database).await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    for _ in 0..5 {
        let mut tx = db.read(a);
        let divided = tx.sql("SELECT id / (id - id) AS answer FROM notes");
        assert!(divided.fetch_all_as::<Answer>().await.is_err());
        assert_eq!(
            tx.repo::<Note>().count().await.expect_err("spoilt").kind(),
            ErrorKind::Conflict
        );
        drop(tx);
        assert_eq!((count_notes(&db, b).await, count_notes(&db, a).await), (1, 1));
    }
}

/// Rolling back to a savepoint brings back what was before it: no other tenant.
#[tokio::test]
async fn a_savepoint_brings_no_older_tenant_back() {
    let database = Database::create(Engine::Postgres).await;
    let options = database.options().binding(Binding::Session).max_connections(1);
    let db = options.allow_function("visible").connect(database.url()).await.expect("it answers");
    db.migrate(&[NOTES, VISIBLE]).await.expect("migrated");
    let (a, b) = two_tenants();
    for id in 1..=3 {
        write_note(&db, a, id).await;
    }
    write_note(&db, b, 1).await;
    assert_eq!(count_notes(&db, a).await, 3);
    let mut tx = db.tenant(b);
    let savepoint = tx.savepoint().await.expect("set");
    savepoint.rollback().await.expect("rolled back");
    let seen = tx.sql("SELECT visible() AS answer FROM notes LIMIT 1");
    assert_eq!(seen.fetch_one_as::<Answer>().await.expect("a read").answer, 1);
}

/// A reader of a schema of its own is pinned to it, and the next one to the next.
#[tokio::test]
async fn each_placement_reads_its_own() {
    let world = World::with(Engine::Postgres, &|options| {
        options.binding(Binding::Session).max_connections(1)
    })
    .await;
    let mut tenants = Vec::new();
    for placement in [Placement::row(), Placement::schema(), Placement::database()] {
        for _ in 0..2 {
            tenants.push(world.tenant(placement.clone()).await);
        }
    }
    for round in 1..=3_u64 {
        for tenant in &tenants {
            write_note(&world.db, *tenant, i64::try_from(round).expect("small")).await;
        }
        for tenant in tenants.iter().chain(tenants.iter().rev()) {
            assert_eq!(count_notes(&world.db, *tenant).await, round);
        }
    }
}

#[tokio::test]
async fn is_refused_with_a_seal() {
    let database = Database::create(Engine::Postgres).await;
    for binding in [Binding::Session, Binding::None] {
        let key = SealKey::new(1, &[7; 32]).expect("a key");
        let options = database.options().sealed(key).binding(binding);
        assert_refused(options.connect(database.url()).await, "seal is good for one transaction");
    }
}
