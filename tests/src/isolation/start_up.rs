//! What start-up refuses, and that it says what to do.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{Error, ErrorKind, ManualClock, Placement};
use tenancy_sqlx::{TenantDb, TenantEntity};

use crate::harness::{
    Admin, Database, Engine, NOTES, Note, count_notes, two_tenants, variable, write_note,
};
use crate::pools::World;

async fn opened() -> (Database, TenantDb) {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    (database, db)
}

/// Opens the database as another instance of the program would, without migrating.
async fn first_statement(database: &Database) -> Result<u64, Error> {
    let db = database.options().connect(database.url()).await?;
    db.read(two_tenants().0).repo::<Note>().count().await
}

fn assert_refused<T>(result: Result<T, Error>, says: &str) {
    let Err(error) = result else { panic!("it must be refused: {says}") };
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
    assert!(error.message().contains(says), "{}", error.message());
}

#[tokio::test]
async fn refuses_a_superuser() {
    let database = Database::create(Engine::Postgres).await;
    let url = variable("DATABASE_URL");
    let (server, _) = url.rsplit_once('/').expect("a database");
    let db = database.options().connect(&format!("{server}/{}", database.name())).await;
    let db = db.expect("it answers");
    assert_refused(db.migrate(&[NOTES]).await, "CREATE ROLE");
    assert_refused(db.read(two_tenants().0).repo::<Note>().count().await, "superuser");
}

/// The last thing that must not happen: work done as a superuser, and refused afterwards.
#[tokio::test]
async fn migrates_nothing_as_a_superuser() {
    let database = Database::create(Engine::Postgres).await;
    let url = variable("DATABASE_URL");
    let (server, _) = url.rsplit_once('/').expect("a database");
    let db = database.options().connect(&format!("{server}/{}", database.name())).await;
    assert_refused(db.expect("it answers").migrate(&[NOTES]).await, "superuser");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.admin().await.count(tables).await, 0);
}

/// A role with `rights`, and what becomes of its first statement.
async fn as_role(rights: &str, url_suffix: &str) -> Result<u64, Error> {
    let (database, db) = opened().await;
    db.close().await;
    let role = format!("{}_role", database.name());
    let boss = format!("{}_boss", database.name());
    let mut admin = database.admin().await;
    admin.run(format!("CREATE ROLE {boss} SUPERUSER")).await;
    admin
        .run(format!("CREATE ROLE {role} LOGIN PASSWORD 'x' {rights}").replace("BOSS", &boss))
        .await;
    let user = format!("{role}:x@");
    let url = database.url().replace("tenancy_test:tenancy_test@", &user) + url_suffix;
    let db = database.options().connect(&url).await.expect("it answers");
    let result = db.read(two_tenants().0).repo::<Note>().count().await;
    db.close().await;
    admin.run(format!("DROP ROLE {role}; DROP ROLE {boss}")).await;
    result
}

#[tokio::test]
async fn refuses_a_role_that_can_step_around_row_level_security() {
    for (rights, url_suffix, says) in [
        ("BYPASSRLS", "", "BYPASSRLS"),
        ("REPLICATION", "", "REPLICATION"),
        ("IN ROLE BOSS", "", "may become"),
        ("IN ROLE pg_execute_server_program", "", "may become"),
        // The session may take its first role back.
        ("SUPERUSER", "?options=-c%20role%3Dtenancy_test", "superuser"),
    ] {
        assert_refused(as_role(rights, url_suffix).await, says);
    }
    // Before Postgres 16 it could give itself any role but a superuser's.
    let mut server = Admin::of("postgres").await;
    if server.count("SELECT current_setting('server_version_num')::bigint").await < 160_000 {
        assert_refused(as_role("CREATEROLE", "").await, "may become");
    }
}

#[tokio::test]
async fn refuses_a_partition_that_is_not_guarded() {
    let (database, db) = opened().await;
    let mut admin = database.admin().await;
    admin.run("CREATE TABLE notes_child () INHERITS (notes)").await;
    assert_refused(db.verify().await, "child table");
    admin.run("ALTER TABLE notes_child ENABLE ROW LEVEL SECURITY").await;
    admin.run("ALTER TABLE notes_child FORCE ROW LEVEL SECURITY").await;
    db.verify().await.expect("its rows are reached through the parent only");
}

#[tokio::test]
async fn refuses_a_table_that_is_not_guarded() {
    for (sabotage, says) in [
        ("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY", "does not bind the owner"),
        ("ALTER TABLE notes DISABLE ROW LEVEL SECURITY", "is off"),
        ("DROP POLICY tenancy_isolation ON notes", "missing or altered"),
        ("ALTER POLICY tenancy_isolation ON notes USING (true)", "missing or altered"),
        ("ALTER POLICY tenancy_isolation ON notes TO tenancy_test", "missing or altered"),
        ("CREATE POLICY backdoor ON notes USING (true)", "another permissive policy"),
        ("DROP TABLE notes", "does not exist"),
    ] {
        let (database, db) = opened().await;
        db.close().await;
        assert_eq!(first_statement(&database).await.expect("guarded"), 0);
        database.admin().await.run(sabotage).await;
        assert_refused(first_statement(&database).await, says);
    }
}

#[tokio::test]
async fn migrate_mends_what_it_may() {
    let (database, db) = opened().await;
    let mut admin = database.admin().await;
    admin.run("ALTER POLICY tenancy_isolation ON notes USING (true)").await;
    admin.run("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY").await;
    db.close().await;
    database.notes().await.close().await;
    assert_eq!(first_statement(&database).await.expect("guarded again"), 0);
}

#[tokio::test]
async fn refuses_an_entity_that_is_not_registered() {
    #[derive(Debug, TenantEntity)]
    #[tenant(table = "strangers")]
    struct Stranger {
        #[tenant(key)]
        id: i64,
        tenant_id: tenancy_core::TenantId,
    }
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let mut tx = db.tenant(two_tenants().0);
        assert_refused(tx.repo::<Stranger>().get(&1).await, ".register::<");
    }
}

#[tokio::test]
async fn refuses_urls_it_cannot_read_and_keeps_their_password() {
    for url in [
        "oracle://u:hunter2@h/d",
        "",
        "postgres://u:hunter2@h:notaport/d",
        "mysql://u:hunter2@h:notaport/d",
        "mysql://u:hunter2@h",
    ] {
        let error = TenantDb::options().connect(url).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

/// A policy that somebody takes away while the program runs is missed after a while.
#[tokio::test]
async fn looks_again_every_few_minutes() {
    let clock = Arc::new(ManualClock::at_unix(1_800_000_000));
    let world = World::with(Engine::Postgres, &|options| {
        options.clock(clock.clone()).verify_every(Duration::from_mins(5))
    })
    .await;
    for placement in [Placement::row(), Placement::schema()] {
        let a = world.tenant(placement.clone()).await;
        let b = world.tenant(Placement::row()).await;
        for tenant in [a, b] {
            write_note(&world.db, tenant, 1).await;
        }
        let schema =
            if placement == Placement::row() { "public".to_owned() } else { Database::name_of(a) };
        let mut admin = world.database.admin().await;
        admin.run(format!("ALTER TABLE {schema}.notes DISABLE ROW LEVEL SECURITY")).await;
        clock.advance(Duration::from_mins(4));
        assert_eq!(count_notes(&world.db, a).await, 1, "believed, and kept apart by predicate");
        clock.advance(Duration::from_mins(1));
        for _ in 0..2 {
            assert_refused(world.db.read(a).repo::<Note>().count().await, "");
            assert_refused(world.db.tenant(a).repo::<Note>().delete(&1).await, "");
        }
        if placement == Placement::schema() {
            assert_eq!(count_notes(&world.db, b).await, 1, "another place is not concerned");
        }
        admin.run(format!("ALTER TABLE {schema}.notes ENABLE ROW LEVEL SECURITY")).await;
        for tenant in [a, b] {
            assert_eq!(count_notes(&world.db, tenant).await, 1, "mended");
        }
    }
}
