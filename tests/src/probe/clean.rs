//! Where all is well the probe finds nothing, and it has tried something.

use tenancy_sqlx::Binding;
use tenancy_sqlx::probe::Probe;

use super::world::{World, register};
use crate::harness::{Customer, Database, Engine, INVOICES, Invoice, NOTES, Note, two_tenants};

async fn finds_nothing(engine: Engine) {
    let world = World::create(engine).await;
    let (a, b) = world.tenants;
    let before = (world.rows(a).await, world.rows(b).await);
    let report = world.probe().await;
    report.assert_clean();
    assert!(report.attempts() >= 200, "{report}");
    assert_eq!((world.rows(a).await, world.rows(b).await), before);
    let text = report.to_string();
    for tenant in [a, b] {
        assert!(!text.contains(&tenant.to_string()), "{text}");
    }
}

#[tokio::test]
async fn on_sqlite() {
    finds_nothing(Engine::Sqlite).await;
}

#[tokio::test]
async fn on_sqlite_in_memory() {
    finds_nothing(Engine::SqliteMemory).await;
}

#[tokio::test]
async fn on_mysql() {
    finds_nothing(Engine::MySql).await;
}

#[tokio::test]
async fn on_postgres() {
    finds_nothing(Engine::Postgres).await;
}

#[tokio::test]
async fn behind_a_pooler() {
    finds_nothing(Engine::PgBouncer).await;
}

#[tokio::test]
async fn whichever_way_the_database_learns_the_tenant() {
    let world = World::create(Engine::Postgres).await;
    let (a, b) = world.tenants;
    let options = register(world.database.bare_options()).binding(Binding::Session);
    let db = options.connect(world.database.url()).await.expect("it answers");
    Probe::new(&db).run().await.expect("it answers").assert_clean();
    assert_eq!((world.rows(a).await.1.len(), world.rows(b).await.1.len()), (1, 1));

    let mut admin = world.database.admin().await;
    for table in ["accounts", "entries"] {
        admin.run(format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")).await;
    }
    let options = register(world.database.bare_options()).binding(Binding::None);
    let db = options.connect(world.database.url()).await.expect("it answers");
    let report = Probe::new(&db).run().await.expect("it answers");
    report.assert_clean();
    assert!(report.notes()[0].contains("Binding::None"), "{report}");
    assert_eq!(admin.count("SELECT count(*) FROM entries").await, 2);
}

/// Columns of every kind, soft deletes, times that the library keeps.
#[tokio::test]
async fn with_every_kind_of_column() {
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        let options = database.options().register::<Invoice>().register::<Customer>();
        let db = options.connect(database.url()).await.expect("it answers");
        db.migrate(&[NOTES, INVOICES]).await.expect("migrated");
        let report = Probe::new(&db).run().await.expect("it answers");
        report.assert_clean();
        let (a, b) = two_tenants();
        for tenant in [a, b] {
            assert_eq!(db.read(tenant).repo::<Note>().count().await.expect("a count"), 0);
        }
    }
}

/// Each tenant in a schema or a database of its own, or one here and one there.
#[tokio::test]
async fn wherever_tenants_are() {
    for engine in [
        Engine::SqliteDatabases,
        Engine::PostgresSchemas,
        Engine::PostgresDatabases,
        Engine::MySqlDatabases,
        Engine::PostgresMixed,
    ] {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let (a, b) = two_tenants();
        let report = Probe::new(&db).tenants(a, b).run().await.expect("it answers");
        report.assert_clean();
        for tenant in [a, b] {
            assert_eq!(db.read(tenant).repo::<Note>().count().await.expect("a count"), 0);
        }
    }
}
