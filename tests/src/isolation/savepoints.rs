//! Savepoints: work that is taken back by itself, and never half of it.

use std::future::poll_fn;
use std::mem;
use std::task::Poll;

use tenancy_core::{ErrorKind, Page, TenantId};
use tenancy_sqlx::{TenantDb, TenantTx};

use crate::harness::{Database, Engine, Note, count_notes, two_tenants, write_note};

const ENGINES: [Engine; 5] =
    [Engine::Sqlite, Engine::SqliteMemory, Engine::Postgres, Engine::PgBouncer, Engine::MySql];

async fn insert(tx: &mut TenantTx, id: i64) {
    let note = Note::new(tx.tenant(), id);
    tx.repo::<Note>().insert(note).await.expect("inserted");
}

async fn ids(db: &TenantDb, tenant: TenantId) -> Vec<i64> {
    let notes = db.read(tenant).repo::<Note>().list(Page::oldest(100)).await.expect("a list");
    notes.items.iter().map(|note| note.id).collect()
}

#[tokio::test]
async fn keeps_what_is_released_and_takes_back_the_rest() {
    for engine in ENGINES {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let (a, b) = two_tenants();
        write_note(&db, b, 1).await;
        let mut tx = db.tenant(a);
        // As the first statement: it begins the transaction.
        let mut first = tx.savepoint().await.expect("set");
        insert(&mut first, 1).await;
        let mut inner = first.savepoint().await.expect("set");
        insert(&mut inner, 2).await;
        inner.rollback().await.expect("rolled back");
        let mut inner = first.savepoint().await.expect("set");
        insert(&mut inner, 3).await;
        inner.release().await.expect("released");
        // Dropped, with one inside of it that is dropped too.
        let mut dropped = first.savepoint().await.expect("set");
        insert(&mut dropped, 4).await;
        let mut deeper = dropped.savepoint().await.expect("set");
        insert(&mut deeper, 5).await;
        drop(deeper);
        drop(dropped);
        first.release().await.expect("released");
        let mut last = tx.savepoint().await.expect("set");
        insert(&mut last, 6).await;
        drop(last);
        // The last thing before the commit was a drop: it is rolled back all the same.
        tx.commit().await.expect("committed");
        assert_eq!(ids(&db, a).await, [1, 3]);
        assert_eq!(ids(&db, b).await, [1]);
    }
}

#[tokio::test]
async fn mends_a_failed_statement() {
    for engine in ENGINES {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let (a, b) = two_tenants();
        write_note(&db, b, 1).await;
        let mut tx = db.tenant(a);
        insert(&mut tx, 1).await;
        for end in ["rollback", "drop", "release"] {
            let mut point = tx.savepoint().await.expect("set");
            insert(&mut point, 2).await;
            let twice = point.repo::<Note>().insert(Note::new(a, 1)).await;
            assert_eq!(twice.expect_err("twice").kind(), ErrorKind::Conflict);
            let spoilt = point.repo::<Note>().count().await.expect_err("spoilt");
            assert_eq!(spoilt.kind(), ErrorKind::Conflict);
            match end {
                "rollback" => point.rollback().await.expect("rolled back"),
                "release" => {
                    let refused = point.release().await.expect_err("a statement in it failed");
                    assert_eq!(refused.kind(), ErrorKind::Conflict);
                }
                _ => drop(point),
            }
            assert_eq!(tx.repo::<Note>().count().await.expect("mended"), 1);
        }
        insert(&mut tx, 3).await;
        tx.commit().await.expect("committed");
        assert_eq!(ids(&db, a).await, [1, 3]);
        assert_eq!(ids(&db, b).await, [1]);
    }
}

/// A tenant is named when the transaction begins: `django-tenants` restored the one before.
#[tokio::test]
async fn a_rollback_brings_no_other_tenant_back() {
    for engine in [Engine::Postgres, Engine::PgBouncer] {
        let database = Database::create(engine).await;
        database.notes().await.close().await;
        let options = database.options().max_connections(1);
        let db = options.connect(database.url()).await.expect("it answers");
        let (a, b) = two_tenants();
        // Without predicates: what the database alone says, on the connection the other used.
        let mut admin = database.admin().await;
        for round in 1..=5 {
            write_note(&db, a, round).await;
            let mut tx = db.tenant(b);
            let mut point = tx.savepoint().await.expect("set");
            insert(&mut point, round).await;
            point.rollback().await.expect("rolled back");
            let foreign = tx.repo::<Note>().insert(Note::new(a, 100)).await;
            assert_eq!(foreign.expect_err("foreign").kind(), ErrorKind::ForeignTenant);
            insert(&mut tx, 1_000 + round).await;
            tx.commit().await.expect("committed");
        }
        let own = format!("SELECT count(*) FROM notes WHERE tenant_id = '{b}' AND id > 1000");
        assert_eq!(admin.count(own).await, 5);
        assert_eq!(admin.count("SELECT count(*) FROM notes").await, 10);
    }
}

/// sqlx's savepoint, cancelled, rolls the outer transaction back and lets later statements
/// commit one by one.
#[tokio::test]
async fn cancelled_at_any_await_nothing_half_done_is_committed() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MySql] {
        let database = Database::create(engine).await;
        database.notes().await.close().await;
        let options = database.options().max_connections(1);
        let db = options.connect(database.url()).await.expect("it answers");
        let (a, b) = two_tenants();
        let mut cancelled = 0;
        for base in (0..if engine == Engine::Sqlite { 40 } else { 400 }).step_by(4) {
            // Each round one poll later, until it comes through.
            for polls in 1.. {
                let id = base * 100 + i64::from(polls) * 4;
                let mut tx = db.tenant(a);
                insert(&mut tx, id).await;
                let attempt = async {
                    let mut point = tx.savepoint().await?;
                    point.repo::<Note>().insert(Note::new(a, id + 1)).await?;
                    let mut inner = point.savepoint().await?;
                    inner.repo::<Note>().insert(Note::new(a, id + 2)).await?;
                    inner.rollback().await?;
                    point.release().await
                };
                let done = polled(polls, attempt).await;
                let more = tx.repo::<Note>().insert(Note::new(a, id + 3)).await.map(drop);
                let committed = tx.commit().await;
                let written: Vec<_> = {
                    let mut tx = db.read(a);
                    let mut found = Vec::new();
                    for at in 0..4 {
                        if tx.repo::<Note>().get(&(id + at)).await.expect("a read").is_some() {
                            found.push(at);
                        }
                    }
                    found
                };
                match &done {
                    Some(result) => {
                        result.as_ref().expect("what is not cancelled succeeds");
                        committed.expect("committed");
                        assert_eq!(written, [0, 1, 3]);
                    }
                    // The drop fell between two statements: it was rolled back as a whole.
                    None if more.is_ok() => {
                        committed.expect("committed");
                        assert_eq!(written, [0, 3], "after {polls} polls");
                    }
                    None => {
                        assert_eq!(committed.expect_err("refused").kind(), ErrorKind::Conflict);
                        assert_eq!(written, Vec::<i64>::new(), "after {polls} polls");
                        cancelled += 1;
                    }
                }
                // The next borrower of the only connection.
                assert_eq!(count_notes(&db, b).await, 0);
                if done.is_some() {
                    break;
                }
            }
        }
        assert!(cancelled > 10, "too few awaits were hit: {cancelled}");
    }
}

/// Polls at most so often, then drops.
async fn polled<T>(polls: i32, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left <= 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn refuses_what_would_end_another_ones_work() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let (a, b) = two_tenants();
        write_note(&db, b, 9).await;
        let read_only = db.read(a).savepoint().await.map(drop).expect_err("nothing to take back");
        assert_eq!(read_only.kind(), ErrorKind::Misconfigured);

        // Forgotten, and so still open: whether its work is wanted nobody has said.
        let mut tx = db.tenant(a);
        let mut forgotten = tx.savepoint().await.expect("set");
        insert(&mut forgotten, 1).await;
        mem::forget(forgotten);
        let error = tx.commit().await.expect_err("still open");
        assert!(error.message().contains("still open"), "{}", error.message());
        assert_eq!(ids(&db, a).await, Vec::<i64>::new());

        // Two transactions change places below a savepoint: neither takes the other's end. SQLite
        // has one writer.
        if engine == Engine::Postgres {
            let (mut one, mut two) = (db.tenant(a), db.tenant(b));
            insert(&mut two, 1).await;
            let mut point = one.savepoint().await.expect("set");
            insert(&mut point, 1).await;
            mem::swap(&mut *point, &mut two);
            assert_eq!(point.release().await.expect_err("not its own").kind(), ErrorKind::Conflict);
            assert_eq!(one.commit().await.expect_err("spoilt").kind(), ErrorKind::Conflict);
            assert_eq!(two.commit().await.expect_err("open").kind(), ErrorKind::Conflict);
        }
        assert_eq!((ids(&db, a).await, ids(&db, b).await), (vec![], vec![9]));
    }
}

/// Who is told after a commit hears of what is in, and of nothing else.
#[tokio::test]
async fn nobody_is_told_of_what_is_not_in() {
    use std::sync::{Arc, Mutex};

    for engine in ENGINES {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let (a, b) = two_tenants();
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = |tx: &mut TenantTx, word: &'static str| {
            let (told, tenant) = (told.clone(), tx.tenant());
            tx.after_commit(move || told.lock().expect("no panic").push((tenant, word)));
        };
        for tenant in [a, b] {
            let mut tx = db.tenant(tenant);
            tell(&mut tx, "first");
            insert(&mut tx, 1).await;
            let mut kept = tx.savepoint().await.expect("set");
            tell(&mut kept, "kept");
            let mut inner = kept.savepoint().await.expect("set");
            tell(&mut inner, "taken back");
            inner.rollback().await.expect("rolled back");
            kept.release().await.expect("released");
            let mut dropped = tx.savepoint().await.expect("set");
            tell(&mut dropped, "dropped");
            drop(dropped);
            tell(&mut tx, "last");
            assert!(told.lock().expect("no panic").iter().all(|(of, _)| *of != tenant));
            tx.commit().await.expect("committed");
        }
        let words = ["first", "kept", "last"];
        let expected: Vec<_> = [a, b].into_iter().flat_map(|t| words.map(|w| (t, w))).collect();
        assert_eq!(*told.lock().expect("no panic"), expected);

        // Given up, and in no state to commit.
        let mut tx = db.tenant(a);
        tell(&mut tx, "given up");
        insert(&mut tx, 2).await;
        tx.rollback().await.expect("rolled back");
        let mut tx = db.tenant(a);
        tell(&mut tx, "failed");
        let again = Note::new(a, 1);
        tx.repo::<Note>().insert(again).await.expect_err("it is there");
        tx.commit().await.expect_err("a statement has failed");
        assert_eq!(told.lock().expect("no panic").len(), expected.len());
        told.lock().expect("no panic").clear();
    }
}
