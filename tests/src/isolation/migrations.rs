//! Migrations run once, in order, and never half.

use tenancy_core::ErrorKind;
use tenancy_sqlx::{Migration, TenantDb};

use crate::harness::{Database, Engine, NOTES, Note, two_tenants};

const ENGINES: [Engine; 3] = [Engine::Sqlite, Engine::MySql, Engine::Postgres];

#[tokio::test]
async fn instances_that_start_together_do_the_work_once() {
    for engine in ENGINES {
        let database = Database::create(engine).await;
        let (one, two, three) = tokio::join!(database.notes(), database.notes(), database.notes());
        for db in [one, two, three] {
            let mut tx = db.tenant(two_tenants().0);
            assert_eq!(tx.repo::<Note>().count().await.expect("it serves"), 0);
        }
    }
}

#[tokio::test]
async fn a_changed_or_missing_migration_is_refused() {
    for engine in ENGINES {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let changed = Migration::portable(1, "notes", "CREATE TABLE other (id INTEGER)");
        for migrations in [&[changed][..], &[Migration::portable(2, "b", "SELECT 1")]] {
            let error = db.migrate(migrations).await.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
        }
        db.migrate(&[NOTES]).await.expect("the right ones still fit");
    }
}

#[tokio::test]
async fn a_failing_migration_leaves_nothing_and_can_be_mended() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = TenantDb::options().connect(database.url()).await.expect("it answers");
        let good = Migration::portable(1, "good", "CREATE TABLE good (id INTEGER)");
        let bad = Migration::portable(2, "bad", "CREATE TABLE half (id INTEGER); SELECT nonsense");
        db.migrate(&[good, bad]).await.expect_err("it fails");
        let mended = Migration::portable(2, "bad", "CREATE TABLE half (id INTEGER)");
        db.migrate(&[good, mended]).await.expect("the half was taken back");
    }
}

/// There a script is not taken back. What has happened in part is not taken for done, nor run
/// again.
#[tokio::test]
async fn a_migration_that_failed_half_way_on_mysql_is_said_until_it_is_mended() {
    let database = Database::create(Engine::MySql).await;
    let db = TenantDb::options().connect(database.url()).await.expect("it answers");
    let good = Migration::portable(1, "good", "CREATE TABLE good (id INTEGER)");
    let bad = Migration::portable(2, "bad", "CREATE TABLE half (id INTEGER); SELECT nonsense");
    db.migrate(&[good, bad]).await.expect_err("it fails");
    let mended = Migration::portable(2, "bad", "CREATE TABLE half (id INTEGER)");
    for again in [bad, mended] {
        let error = db.migrate(&[good, again]).await.expect_err("half of it is there");
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
        assert!(error.message().contains("delete its row from tenancy_migrations"), "{error}");
    }
    let mut admin = database.mysql_admin().await;
    admin.run("DROP TABLE half; DELETE FROM tenancy_migrations WHERE name = 'bad'").await;
    db.migrate(&[good, mended]).await.expect("mended");
    // A script that fails before it has changed a table leaves nothing, as elsewhere.
    let early = Migration::portable(3, "early", "SELECT nonsense");
    db.migrate(&[good, mended, early]).await.expect_err("it fails");
    db.migrate(&[good, mended]).await.expect("nothing is left of it");
}

#[tokio::test]
async fn mysql_needs_a_script_of_its_own() {
    let database = Database::create(Engine::MySql).await;
    let db = TenantDb::options().connect(database.url()).await.expect("it answers");
    let step = Migration::new(1, "for two", "SELECT 1", "SELECT 1");
    let error = db.migrate(&[step]).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains(".with_mysql("), "{error}");
}

#[tokio::test]
async fn versions_must_rise() {
    let database = Database::create(Engine::SqliteMemory).await;
    let db = TenantDb::options().connect(database.url()).await.expect("it answers");
    let step = Migration::portable(1, "a", "SELECT 1");
    let error = db.migrate(&[step, step]).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
}
