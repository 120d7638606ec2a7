//! Whatever was done to a session: the next transaction has the settings it needs.

use std::time::Duration;

use tenancy_core::{ErrorKind, Page};
use tenancy_sqlx::Migration;

use crate::harness::{Database, Engine, NOTES, Note, count_notes, two_tenants, write_note};

/// A trigger may change the session: times an hour off, lists cut, a commit that begins anew.
#[tokio::test]
async fn a_changed_session_is_set_right_for_the_next_transaction() {
    let database = Database::create(Engine::MySql).await;
    let trigger = Migration::portable(
        2,
        "trigger",
        "CREATE TRIGGER spoil BEFORE INSERT ON notes FOR EACH ROW
         SET SESSION sql_mode = '', SESSION time_zone = '+05:00', SESSION sql_select_limit = 1,
             SESSION completion_type = 1, SESSION foreign_key_checks = 0",
    );
    let db = database.options().max_connections(1).connect(database.url()).await;
    let db = db.expect("it answers");
    db.migrate(&[NOTES, trigger]).await.expect("migrated");
    let (a, b) = two_tenants();
    for id in 1..=2 {
        write_note(&db, a, id).await;
        write_note(&db, b, id).await;
        // Without the quotes that ANSI_QUOTES gives, each of these statements would fail.
        let list = db.read(a).repo::<Note>().list(Page::oldest(10)).await.expect("a list").items;
        assert_eq!(i64::try_from(list.len()).expect("few"), id);
        assert!(list.contains(&Note::new(a, id)), "{list:?}");
    }
    // A value that does not fit is refused, and not cut.
    let long = Note { title: "x".repeat(201), ..Note::new(b, 3) };
    let error = db.tenant(b).repo::<Note>().insert(long).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (2, 2));
}

/// What a migration sets ends with its connection.
#[tokio::test]
async fn a_migration_leaves_no_settings_on_a_connection() {
    let database = Database::create(Engine::MySql).await;
    let dump = Migration::new(2, "like a dump", "", "").with_mysql(
        "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', SESSION autocommit = 0;
         CREATE TEMPORARY TABLE notes (id INT)",
    );
    let db = database.options().max_connections(1).connect(database.url()).await;
    let db = db.expect("it answers");
    db.migrate(&[NOTES, dump]).await.expect("migrated");
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 0));
}

/// What begin relies on: it fails in a transaction that somebody left open. START TRANSACTION by
/// itself would commit it.
#[tokio::test]
async fn the_first_statement_of_begin_fails_in_an_open_transaction() {
    let database = Database::create(Engine::MySql).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
    }
    let mut left = database.mysql_admin().await;
    left.run("START TRANSACTION; DELETE FROM notes").await;
    let begin = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION";
    let error = left.try_run(begin).await.expect_err("refused");
    assert!(error.to_string().contains("1568"), "{error}");
    drop(left);
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
}

#[tokio::test]
async fn a_transaction_reads_what_is_committed_and_no_more() {
    let database = Database::create(Engine::MySql).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    let mut reader = db.read(a);
    assert_eq!(reader.repo::<Note>().count().await.expect("a count"), 1);
    let mut writer = db.tenant(a);
    writer.repo::<Note>().insert(Note::new(a, 2)).await.expect("inserted");
    assert_eq!(reader.repo::<Note>().count().await.expect("a count"), 1);
    writer.commit().await.expect("committed");
    // As on Postgres: each statement sees what is there when it begins.
    assert_eq!(reader.repo::<Note>().count().await.expect("a count"), 2);
    assert_eq!(count_notes(&db, b).await, 0);
}

/// The server gives up, and says so: a wait for somebody else's lock has an end.
#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = database.open(database.options().statement_timeout(Duration::from_millis(200)));
        let db = db.await.expect("it opens");
        let (a, b) = two_tenants();
        let mut blocker = db.tenant(a);
        blocker.repo::<Note>().insert(Note::new(a, 1)).await.expect("inserted");
        let error =
            db.tenant(a).repo::<Note>().insert(Note::new(a, 1)).await.expect_err("it waits");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{engine:?}: {error:?}");
        // Another tenant waits for nobody.
        write_note(&db, b, 1).await;
        blocker.commit().await.expect("committed");
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
    }
}
