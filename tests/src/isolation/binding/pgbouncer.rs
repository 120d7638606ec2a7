//! A pooler before the database is found by trying, not by asking the user.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tenancy_core::{Placement, ServerName};
use tenancy_sqlx::{Binding, TenantDb, TenantDbOptions};

use super::assert_refused;
use crate::harness::{
    Admin, Database, Engine, NOTES, Note, PrivatePgBouncer, count_notes, two_tenants, write_note,
};
use crate::pools::World;

fn options() -> TenantDbOptions {
    TenantDb::options().register::<Note>()
}

const SESSION: &str = "pool_mode = session";
const STATEMENTS: &str = ".without_prepared_statements()";

#[tokio::test]
async fn refuses_a_session_binding_in_transaction_mode() {
    let database = Database::create(Engine::PgBouncer).await;
    for options in [options(), options().without_prepared_statements()] {
        let opened = options.binding(Binding::Session).connect(database.url()).await;
        assert_refused(opened, SESSION);
    }
    // The same database without the pooler.
    let direct = database.direct_url();
    let db = options().binding(Binding::Session).connect(&direct).await.expect("direct");
    db.migrate(&[NOTES]).await.expect("migrated");
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 0));
}

#[tokio::test]
async fn refuses_a_pooler_that_mixes_prepared_statements() {
    let database = Database::create(Engine::PgBouncer).await;
    for binding in [Binding::Transaction, Binding::None] {
        assert_refused(options().binding(binding).connect(database.url()).await, STATEMENTS);
    }
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 0));
}

/// However it hands out its connections, and however few there are.
#[tokio::test]
async fn finds_every_kind_of_pooler() {
    let database = Database::create(Engine::Postgres).await;
    for settings in [
        "pool_mode = transaction\nserver_round_robin = 1",
        "pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 5",
        "pool_mode = transaction\ndefault_pool_size = 1",
        "pool_mode = transaction\nserver_reset_query_always = 1",
    ] {
        let pooler = PrivatePgBouncer::with(settings).await;
        let url = pooler.url_of(database.name());
        for binding in [Binding::Session, Binding::Transaction] {
            let says = if binding == Binding::Session { SESSION } else { STATEMENTS };
            assert_refused(options().binding(binding).connect(&url).await, says);
        }
    }
}

/// In session mode a connection is one's own: nothing is refused, and nothing is mixed.
#[tokio::test]
async fn takes_a_pooler_in_session_mode() {
    let database = Database::create(Engine::Postgres).await;
    let pooler = PrivatePgBouncer::with("pool_mode = session").await;
    let url = pooler.url_of(database.name());
    let db = options().binding(Binding::Session).connect(&url).await.expect("it is taken");
    db.migrate(&[NOTES]).await.expect("migrated");
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    for _ in 0..5 {
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 0));
    }
}

/// Others use the pooler while it is looked for.
#[tokio::test]
async fn finds_a_pooler_in_use() {
    let database = Database::create(Engine::PgBouncer).await;
    let ends = Arc::new(AtomicBool::new(false));
    let mut others = Vec::new();
    for _ in 0..4 {
        let mut other = Admin::at(database.url()).await;
        let ends = ends.clone();
        others.push(tokio::spawn(async move {
            while !ends.load(Ordering::Relaxed) {
                other.run("SELECT 1; SELECT pg_sleep(0.002)").await;
            }
        }));
    }
    for _ in 0..10 {
        let opened = options().binding(Binding::Session).connect(database.url()).await;
        assert_refused(opened, SESSION);
    }
    ends.store(true, Ordering::Relaxed);
    for other in others {
        other.await.expect("it went on");
    }
}

/// Each server is reached its own way.
#[tokio::test]
async fn looks_before_each_server() {
    let far = ServerName::parse("far").expect("a name");
    for (binding, says) in [(Binding::Session, SESSION), (Binding::Transaction, STATEMENTS)] {
        let other = Database::create(Engine::PgBouncer).await;
        let world = World::with(Engine::Postgres, &|options| {
            options.server("far", other.url()).binding(binding)
        })
        .await;
        assert_refused(world.bare.migrate_server(&far, &[NOTES]).await, says);
        let mut tenants = Vec::new();
        for placement in [Placement::row(), Placement::schema()] {
            tenants.push(world.add(placement.on(far.clone())).await);
        }
        for tenant in tenants {
            let counted = world.db.read(tenant.id()).repo::<Note>().count().await;
            assert_refused(counted, says);
            let written = world.db.tenant(tenant.id()).repo::<Note>().delete(&1).await;
            assert_refused(written, says);
        }
        let near = world.tenant(Placement::row()).await;
        write_note(&world.db, near, 1).await;
        assert_eq!(count_notes(&world.db, near).await, 1, "it is not concerned");
    }
}
