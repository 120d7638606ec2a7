//! Schemas of tenants on Postgres: what a transaction reaches, and what injected SQL would.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tenancy_core::{ErrorKind, Placement, TenantId};
use tenancy_sqlx::Migration;

use super::world::World;
use crate::harness::{Database, Engine, NOTES, Note, count_notes, placed, write_note};

/// Each transaction says where it is: nothing stays on the connection they take turns on.
#[tokio::test]
async fn the_next_borrower_is_somewhere_else() {
    for engine in [Engine::Postgres, Engine::PgBouncer] {
        let world = World::with(engine, &|options| options.max_connections(1)).await;
        let (a, b) =
            (world.tenant(Placement::schema()).await, world.tenant(Placement::schema()).await);
        let row = world.tenant(Placement::row()).await;
        for round in 1..=20_u64 {
            for tenant in [a, row, b] {
                write_note(&world.db, tenant, i64::try_from(round).expect("small")).await;
                assert_eq!(count_notes(&world.db, tenant).await, round, "{engine:?}");
            }
        }
        let mut admin = world.database.admin().await;
        assert_eq!(admin.count("SELECT count(*) FROM public.notes").await, 20);
        for tenant in [a, b] {
            let own = format!("SELECT count(*) FROM {}.notes", Database::name_of(tenant));
            assert_eq!(admin.count(own).await, 20);
        }
    }
}

/// Row-level security stands inside a schema too: who reaches another one sees nothing there.
#[tokio::test]
async fn injected_sql_finds_no_row_in_another_schema() {
    let world = World::on(Engine::Postgres).await;
    let (a, b) = (world.tenant(Placement::schema()).await, world.tenant(Placement::schema()).await);
    for tenant in [a, b] {
        write_note(&world.db, tenant, 1).await;
    }
    let mut connection = PgConnection::connect(world.database.url()).await.expect("it answers");
    let begin = format!(
        "BEGIN; SET LOCAL tenancy.tenant_id = '{a}'; SET LOCAL search_path = {}, pg_temp",
        Database::name_of(a)
    );
    connection.execute(sqlx::raw_sql(AssertSqlSafe(begin))).await.expect("begun");
    let mut count = async |table: String| -> i64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
    };
    assert_eq!(count("notes".to_owned()).await, 1);
    assert_eq!(count(format!("{}.notes", Database::name_of(b))).await, 0);
    let steal = format!("DELETE FROM {}.notes", Database::name_of(b));
    let deleted = connection.execute(AssertSqlSafe(steal)).await.expect("it runs");
    assert_eq!(deleted.rows_affected(), 0);
    connection.execute("COMMIT").await.expect("committed");
    assert_eq!(count_notes(&world.db, b).await, 1);
}

/// A table that is missing in a tenant's schema is not found in the shared one.
#[tokio::test]
async fn nothing_stands_in_for_a_missing_table() {
    let world = World::on(Engine::Postgres).await;
    let (a, b) = (world.tenant(Placement::schema()).await, world.tenant(Placement::schema()).await);
    for tenant in [a, b] {
        write_note(&world.db, tenant, 1).await;
    }
    let mut admin = world.database.admin().await;
    admin.run(format!("DROP TABLE {}.notes", Database::name_of(a))).await;
    let error = world.db.read(a).repo::<Note>().count().await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::Internal, "{error:?}");
    let mut write = world.db.tenant(a);
    write.repo::<Note>().insert(Note::new(a, 2)).await.expect_err("it is gone");
    assert_eq!(admin.count("SELECT count(*) FROM public.notes").await, 0);
    // A program that starts afterwards says what to do.
    let again = world.database.options().connect(world.database.url()).await.expect("it answers");
    let again = again.with_directory(world.directory.clone());
    let error = again.read(a).repo::<Note>().count().await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains("TenantDb::provision"), "{error:?}");
    assert_eq!(count_notes(&again, b).await, 1);
}

#[tokio::test]
async fn a_schema_that_is_not_guarded_is_refused() {
    let world = World::on(Engine::Postgres).await;
    let (a, b) = (world.tenant(Placement::schema()).await, world.tenant(Placement::schema()).await);
    for tenant in [a, b] {
        write_note(&world.db, tenant, 1).await;
    }
    let mut admin = world.database.admin().await;
    let sabotage = "NO FORCE ROW LEVEL SECURITY";
    admin.run(format!("ALTER TABLE {}.notes {sabotage}", Database::name_of(a))).await;
    let fresh = world.database.options().connect(world.database.url()).await.expect("it answers");
    let db = fresh.clone().with_directory(world.directory.clone());
    let error = db.read(a).repo::<Note>().count().await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
    assert_eq!(count_notes(&db, b).await, 1, "the other one is sound");
    fresh.provision(&placed(a, Placement::schema()), &[NOTES]).await.expect("mended");
    assert_eq!(count_notes(&db, a).await, 1);
}

/// Whoever may make schemas could have left functions and operators in one of our name.
#[tokio::test]
async fn a_schema_that_somebody_else_made_is_refused() {
    let world = World::on(Engine::Postgres).await;
    let good = world.tenant(Placement::schema()).await;
    let planted = placed(TenantId::generate(), Placement::schema());
    let name = Database::name_of(planted.id());
    let mut admin = world.database.admin().await;
    admin.run(format!("CREATE SCHEMA {name}; GRANT ALL ON SCHEMA {name} TO tenancy_test")).await;
    let error = world.bare.provision(&planted, &[NOTES]).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
    assert!(error.message().contains("another role owns it"), "{error:?}");
    let tables = format!("SELECT count(*) FROM pg_tables WHERE schemaname = '{name}'");
    assert_eq!(admin.count(tables).await, 0, "nothing was made in it");
    write_note(&world.db, good, 1).await;
}

/// Stopped by a migration that fails, it goes on where it was.
#[tokio::test]
async fn provisioning_goes_on_where_it_was_stopped() {
    const BROKEN: Migration = Migration::portable(2, "extra", "CREATE TABLE extra (broken");
    const EXTRA: Migration = Migration::portable(2, "extra", "CREATE TABLE extra (id INTEGER)");
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let world = World::on(engine).await;
        let other = world.tenant(Placement::database()).await;
        let placements = match engine {
            Engine::Sqlite => vec![Placement::database()],
            _ => vec![Placement::schema(), Placement::database()],
        };
        for placement in placements {
            let tenant = world.add(placement).await;
            let steps = [NOTES, BROKEN];
            world.bare.provision(&tenant, &steps).await.expect_err("it fails");
            world.bare.provision(&tenant, &[NOTES, EXTRA]).await.expect("it goes on");
            world.bare.provision(&tenant, &[NOTES, EXTRA]).await.expect("nothing to do");
            world.bare.migrate_tenant(&tenant, &[NOTES, EXTRA]).await.expect("nothing to do");
            write_note(&world.db, tenant.id(), 1).await;
        }
        write_note(&world.db, other, 1).await;
        world.db.close().await;
    }
}
