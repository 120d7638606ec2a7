//! The predicate alone: Postgres with row-level security switched off behind our back.
//!
//! On SQLite there is no other layer below the types: its repository suite is this test too.

use tenancy_core::{ErrorKind, Page};

use crate::harness::{Database, Engine, Note, two_tenants, write_note};

#[tokio::test]
async fn holds_without_row_level_security() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
        write_note(&db, tenant, 2).await;
    }
    let mut admin = database.admin().await;
    admin.run("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY").await;
    admin.run("ALTER TABLE notes DISABLE ROW LEVEL SECURITY").await;

    let mut tx = db.tenant(a);
    let mut notes = tx.repo::<Note>();
    assert_eq!(notes.count().await.expect("a count"), 2);
    let list = notes.list(Page::newest(100)).await.expect("a list").items;
    assert!(list.len() == 2 && list.iter().all(|note| note.tenant_id == a));
    let mut own = notes.get(&1).await.expect("a read").expect("there");
    assert_eq!(own.tenant_id, a);
    "changed".clone_into(&mut own.title);
    notes.update(own).await.expect("updated");
    assert!(notes.delete(&2).await.expect("deleted"));
    tx.commit().await.expect("committed");

    let stolen = db.tenant(a).repo::<Note>().insert(Note::new(b, 9)).await;
    assert_eq!(stolen.expect_err("refused").kind(), ErrorKind::ForeignTenant);
    let untouched = format!("SELECT count(*) FROM notes WHERE tenant_id = '{b}' AND version = 1");
    assert_eq!(admin.count(untouched).await, 2);
}
