use std::time::Duration;

use tokio::time::timeout;

use crate::harness::{Database, Engine, Note, two_tenants, write_note};

#[tokio::test]
async fn a_cancelled_statement_spoils_its_transaction() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let (a, b) = two_tenants();
        let mut blocker = db.tenant(a);
        blocker.repo::<Note>().insert(Note::new(a, 1)).await.expect("inserted");

        // Another transaction that has begun and waits for the blocker's key.
        let mut tx = db.tenant(a);
        tx.repo::<Note>().insert(Note::new(a, 2)).await.expect("inserted");
        let mut notes = tx.repo::<Note>();
        let wait = notes.insert(Note::new(a, 1));
        timeout(Duration::from_millis(50), wait).await.expect_err("it waits");
        tx.repo::<Note>().insert(Note::new(a, 3)).await.expect_err("spoilt");
        tx.commit().await.expect_err("spoilt");
        blocker.commit().await.expect("committed");
        assert_eq!(db.read(a).repo::<Note>().count().await.expect("a count"), 1);
        assert_eq!(db.read(b).repo::<Note>().count().await.expect("a count"), 0);
    }
}

#[tokio::test]
async fn a_panic_takes_its_transaction_with_it() {
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        database.notes().await.close().await;
        let options = database.options().max_connections(1);
        let db = options.connect(database.url()).await.expect("it answers");
        let (a, b) = two_tenants();
        write_note(&db, b, 1).await;
        write_note(&db, b, 2).await;
        let handler = {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.tenant(a);
                tx.repo::<Note>().insert(Note::new(a, 1)).await.expect("inserted");
                panic!("a fault in a handler");
            })
        };
        assert!(handler.await.is_err());
        assert_eq!(db.read(a).repo::<Note>().count().await.expect("a count"), 0);
        assert_eq!(db.read(b).repo::<Note>().count().await.expect("a count"), 2);
    }
}
