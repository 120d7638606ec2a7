//! A table changes under statements that are prepared: "cached plan must not change result type".

use tenancy_core::ErrorKind;

use crate::harness::{Database, Engine, Note, count_notes, two_tenants, write_note};

#[tokio::test]
async fn a_first_statement_is_tried_again_and_a_later_one_says_so() {
    let database = Database::create(Engine::Postgres).await;
    database.notes().await.close().await;
    let options = database.options().max_connections(1);
    let db = options.connect(database.url()).await.expect("it answers");
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 2).await;
    let mut admin = database.admin().await;
    let titles = ["varchar", "text", "varchar"];
    let read = async |tenant, id| db.read(tenant).repo::<Note>().get(&id).await;
    assert!(read(a, 1).await.expect("a read").is_some());

    // Nothing has been done yet: nobody notices.
    admin.run(format!("ALTER TABLE notes ALTER COLUMN title TYPE {}", titles[0])).await;
    assert!(read(a, 1).await.expect("tried again").is_some());
    assert_eq!(read(b, 1).await.expect("a read"), None, "it is still that tenant's");
    assert_eq!(read(b, 2).await.expect("a read").map(|note| note.tenant_id), Some(b));

    // A statement that writes and returns is tried again too.
    let mut tx = db.tenant(a);
    let note = tx.repo::<Note>().update(Note::new(a, 1)).await.expect("updated");
    tx.commit().await.expect("committed");
    admin.run(format!("ALTER TABLE notes ALTER COLUMN title TYPE {}", titles[1])).await;
    let mut tx = db.tenant(a);
    let note = tx.repo::<Note>().update(note).await.expect("tried again");
    tx.commit().await.expect("committed");
    assert_eq!(note.version, 3);

    // Later in a transaction it cannot be: the work before it is gone.
    assert!(read(a, 1).await.expect("a read").is_some());
    admin.run(format!("ALTER TABLE notes ALTER COLUMN title TYPE {}", titles[2])).await;
    let mut tx = db.tenant(b);
    tx.repo::<Note>().insert(Note::new(b, 3)).await.expect("inserted");
    let error = tx.repo::<Note>().get(&2).await.expect_err("too late");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.is_transient(), "the whole transaction may be tried again");
    tx.commit().await.expect_err("spoilt");
    // And the next one gets a connection that works.
    assert!(read(a, 1).await.expect("a good connection").is_some());
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
}
