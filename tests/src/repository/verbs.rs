//! What each verb does and refuses.

use tenancy_core::{Error, ErrorKind, IntoEntity, Page, TenantId, TenantScoped};
use tenancy_sqlx::TenantDb;
use time::OffsetDateTime;

use crate::harness::{Database, Engine, Note, two_tenants};

macro_rules! on_every_engine {
    ($($test:ident),* $(,)?) => {
        mod sqlite { on_every_engine!(@ Sqlite: $($test),*); }
        mod sqlite_memory { on_every_engine!(@ SqliteMemory: $($test),*); }
        mod mysql { on_every_engine!(@ MySql: $($test),*); }
        mod mysql_databases { on_every_engine!(@ MySqlDatabases: $($test),*); }
        mod postgres { on_every_engine!(@ Postgres: $($test),*); }
        mod sqlite_databases { on_every_engine!(@ SqliteDatabases: $($test),*); }
        mod postgres_schemas { on_every_engine!(@ PostgresSchemas: $($test),*); }
        mod postgres_databases { on_every_engine!(@ PostgresDatabases: $($test),*); }
        mod postgres_mixed { on_every_engine!(@ PostgresMixed: $($test),*); }
        mod pgbouncer { on_every_engine!(@ PgBouncer: $($test),*); }
        mod pgbouncer_schemas { on_every_engine!(@ PgBouncerSchemas: $($test),*); }
        mod pgbouncer_mixed { on_every_engine!(@ PgBouncerMixed: $($test),*); }
    };
    (@ $engine:ident: $($test:ident),*) => {$(
        #[tokio::test]
        async fn $test() {
            let database = super::Database::create(super::Engine::$engine).await;
            let db = database.notes().await;
            super::$test(&db).await;
            db.close().await;
        }
    )*};
}

on_every_engine!(
    keeps_every_kind_of_value,
    injects_the_tenant_into_a_draft,
    hides_rows_of_another_tenant,
    lets_two_tenants_use_the_same_key,
    refuses_an_entity_of_another_tenant,
    refuses_a_stale_update,
    never_updates_what_is_not_there,
    deletes_only_its_own,
    names_the_broken_rule,
    pages_by_key_and_stays_stable,
    rolls_back_what_is_not_committed,
    refuses_everything_after_a_failure,
    refuses_writes_in_a_read,
    works_behind_the_trait,
    counts_its_own,
);

async fn insert(db: &TenantDb, note: &Note) -> Result<Note, Error> {
    let mut tx = db.tenant(note.tenant_id);
    let note = tx.repo::<Note>().insert(note.clone()).await?;
    tx.commit().await?;
    Ok(note)
}

async fn get(db: &TenantDb, tenant: TenantId, id: i64) -> Option<Note> {
    db.read(tenant).repo::<Note>().get(&id).await.expect("a read")
}

async fn keeps_every_kind_of_value(db: &TenantDb) {
    let (a, _) = two_tenants();
    let full = Note::new(a, 1);
    let exact = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_000);
    let empty = Note {
        id: i64::MIN,
        title: "ä\u{1F980}'\"; DROP TABLE notes; --".to_owned(),
        score: None,
        body: None,
        author: None,
        written_at: exact.expect("a valid time"),
        ..Note::new(a, 2)
    };
    for note in [&full, &empty] {
        insert(db, note).await.expect("inserted");
        assert_eq!(get(db, a, note.id).await.as_ref(), Some(note));
    }
}

async fn injects_the_tenant_into_a_draft(db: &TenantDb) {
    struct Draft(i64);
    impl IntoEntity<Note> for Draft {
        fn into_entity(self, tenant: TenantId) -> Note {
            Note::new(tenant, self.0)
        }
    }
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        let mut tx = db.tenant(tenant);
        let note = tx.repo::<Note>().insert(Draft(1)).await.expect("inserted");
        assert_eq!(note.tenant_id, tenant);
        tx.commit().await.expect("committed");
    }
}

async fn hides_rows_of_another_tenant(db: &TenantDb) {
    let (a, b) = two_tenants();
    insert(db, &Note::new(a, 1)).await.expect("inserted");
    assert_eq!(get(db, b, 1).await, None);
    let list = db.read(b).repo::<Note>().list(Page::newest(100)).await.expect("a list");
    assert_eq!(list.items, []);
    let behind = Page::oldest(100).after(0);
    assert_eq!(db.read(b).repo::<Note>().list(behind).await.expect("a list").items, []);
}

async fn lets_two_tenants_use_the_same_key(db: &TenantDb) {
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        insert(db, &Note::new(tenant, 1)).await.expect("the key is free in each tenant");
    }
    let mut changed = get(db, a, 1).await.expect("there");
    "changed".clone_into(&mut changed.title);
    let mut tx = db.tenant(a);
    tx.repo::<Note>().update(changed).await.expect("updated");
    tx.commit().await.expect("committed");
    assert_eq!(get(db, a, 1).await.expect("there").title, "changed");
    assert_eq!(get(db, b, 1).await, Some(Note::new(b, 1)));
}

async fn refuses_an_entity_of_another_tenant(db: &TenantDb) {
    let (a, b) = two_tenants();
    insert(db, &Note::new(a, 1)).await.expect("inserted");
    let mut tx = db.tenant(b);
    let insert = tx.repo::<Note>().insert(Note::new(a, 2)).await.expect_err("refused");
    assert_eq!(insert.kind(), ErrorKind::ForeignTenant);
    let stolen = Note { title: "stolen".to_owned(), ..Note::new(a, 1) };
    let update = tx.repo::<Note>().update(stolen).await.expect_err("refused");
    assert_eq!(update.kind(), ErrorKind::ForeignTenant);
    assert!(!format!("{insert:?}{update:?}").contains(&a.to_string()), "no other tenant's id");
    tx.commit().await.expect("nothing was sent, nothing failed");
    assert_eq!(get(db, a, 1).await, Some(Note::new(a, 1)));
    assert_eq!(get(db, a, 2).await, None);
}

async fn refuses_a_stale_update(db: &TenantDb) {
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        insert(db, &Note::new(tenant, 1)).await.expect("inserted");
    }
    let read = get(db, a, 1).await.expect("there");
    let mut tx = db.tenant(a);
    let first = Note { title: "first".to_owned(), ..read.clone() };
    let stored = tx.repo::<Note>().update(first).await.expect("updated");
    assert_eq!((stored.version, stored.title.as_str()), (2, "first"));
    tx.commit().await.expect("committed");

    let second = Note { title: "second".to_owned(), ..read };
    let error = db.tenant(a).repo::<Note>().update(second).await.expect_err("stale");
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Conflict, Some("version")));
    assert_eq!(get(db, a, 1).await.expect("there").title, "first");
    assert_eq!(get(db, b, 1).await.expect("there").version, 1);
}

async fn never_updates_what_is_not_there(db: &TenantDb) {
    let (a, b) = two_tenants();
    insert(db, &Note::new(a, 1)).await.expect("inserted");
    // The key exists, for another tenant: the answer is that of a random key.
    for id in [1, 99] {
        let error = db.tenant(b).repo::<Note>().update(Note::new(b, id)).await.expect_err("none");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    assert_eq!(get(db, b, 1).await, None);
}

async fn deletes_only_its_own(db: &TenantDb) {
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        insert(db, &Note::new(tenant, 1)).await.expect("inserted");
    }
    let mut tx = db.tenant(b);
    assert!(tx.repo::<Note>().delete(&1).await.expect("deleted"));
    assert!(!tx.repo::<Note>().delete(&1).await.expect("nothing left"));
    tx.commit().await.expect("committed");
    assert_eq!(get(db, b, 1).await, None);
    assert_eq!(get(db, a, 1).await, Some(Note::new(a, 1)));
}

async fn names_the_broken_rule(db: &TenantDb) {
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        insert(db, &Note::new(tenant, 1)).await.expect("inserted");
    }
    let twice = insert(db, &Note::new(a, 1)).await.expect_err("the key is taken");
    assert_eq!(twice.kind(), ErrorKind::Conflict);
    let title = Note { title: "note 1".to_owned(), ..Note::new(a, 2) };
    let title = insert(db, &title).await.expect_err("the title is taken");
    assert_eq!(title.kind(), ErrorKind::Conflict);
    let rule = title.subject().expect("the rule is named");
    assert!(["notes_title", "notes.tenant_id, notes.title"].contains(&rule), "{rule}");
    let check = Note { title: String::new(), ..Note::new(a, 3) };
    assert_eq!(insert(db, &check).await.expect_err("refused").kind(), ErrorKind::Invalid);
}

async fn pages_by_key_and_stays_stable(db: &TenantDb) {
    let (a, b) = two_tenants();
    let mut tx = db.tenant(a);
    for id in (10..=50).step_by(10) {
        tx.repo::<Note>().insert(Note::new(a, id)).await.expect("inserted");
    }
    tx.commit().await.expect("committed");
    insert(db, &Note::new(b, 25)).await.expect("inserted");

    let page = async |page| {
        let slice = db.read(a).repo::<Note>().list(page).await.expect("a page");
        (slice.items.iter().map(|note| note.id).collect::<Vec<_>>(), slice.has_more)
    };
    assert_eq!(page(Page::newest(2)).await, (vec![50, 40], true));
    // A row before the page moves nothing.
    insert(db, &Note::new(a, 60)).await.expect("inserted");
    assert_eq!(page(Page::newest(2).after(40)).await, (vec![30, 20], true));
    assert_eq!(page(Page::newest(2).after(20)).await, (vec![10], false));
    assert_eq!(page(Page::oldest(3)).await, (vec![10, 20, 30], true));
    assert_eq!(page(Page::oldest(3).after(30)).await, (vec![40, 50, 60], false));
    // The key of another tenant, or of nobody, is a place like any other.
    assert_eq!(page(Page::newest(9).after(25)).await, (vec![20, 10], false));
}

async fn rolls_back_what_is_not_committed(db: &TenantDb) {
    let (a, b) = two_tenants();
    let mut dropped = db.tenant(a);
    dropped.repo::<Note>().insert(Note::new(a, 1)).await.expect("inserted");
    drop(dropped);
    let mut rolled_back = db.tenant(b);
    rolled_back.repo::<Note>().insert(Note::new(b, 1)).await.expect("inserted");
    rolled_back.rollback().await.expect("rolled back");
    assert_eq!(get(db, a, 1).await, None);
    assert_eq!(get(db, b, 1).await, None);
}

async fn refuses_everything_after_a_failure(db: &TenantDb) {
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        insert(db, &Note::new(tenant, 1)).await.expect("inserted");
    }
    let mut tx = db.tenant(a);
    tx.repo::<Note>().insert(Note::new(a, 2)).await.expect("inserted");
    tx.repo::<Note>().insert(Note::new(a, 1)).await.expect_err("taken");
    let next = tx.repo::<Note>().get(&1).await.expect_err("refused");
    assert_eq!(next.kind(), ErrorKind::Conflict);
    tx.commit().await.expect_err("a spoilt transaction does not pretend to commit");
    assert_eq!(get(db, a, 2).await, None);
}

async fn refuses_writes_in_a_read(db: &TenantDb) {
    let (a, b) = two_tenants();
    insert(db, &Note::new(a, 1)).await.expect("inserted");
    let mut tx = db.read(a);
    let note = Note { title: "changed".to_owned(), ..Note::new(a, 1) };
    tx.repo::<Note>().update(note).await.expect_err("refused");
    tx.repo::<Note>().delete(&1).await.expect_err("refused");
    tx.repo::<Note>().insert(Note::new(a, 2)).await.expect_err("refused");
    db.read(b).repo::<Note>().insert(Note::new(b, 1)).await.expect_err("refused");
    assert_eq!(get(db, a, 1).await, Some(Note::new(a, 1)));
}

async fn works_behind_the_trait(db: &TenantDb) {
    async fn touch(notes: &mut dyn TenantScoped<Note>) -> Result<u64, Error> {
        let note = Note::new(notes.tenant(), 5);
        notes.insert(note.clone()).await?;
        assert_eq!(notes.get(&5).await?, Some(note.clone()));
        notes.update(note).await?;
        assert_eq!(notes.list(Page::newest(5).into()).await?.items.len(), 1);
        assert!(notes.delete(&5).await?);
        notes.count().await
    }
    let (a, b) = two_tenants();
    insert(db, &Note::new(b, 5)).await.expect("inserted");
    assert_eq!(touch(&mut db.tenant(a).repo::<Note>()).await.expect("all verbs"), 0);
    assert_eq!(db.read(b).repo::<Note>().count().await.expect("a count"), 1);
}

async fn counts_its_own(db: &TenantDb) {
    let (a, b) = two_tenants();
    for id in 1..=3 {
        insert(db, &Note::new(a, id)).await.expect("inserted");
    }
    insert(db, &Note::new(b, 1)).await.expect("inserted");
    assert_eq!(db.read(a).repo::<Note>().count().await.expect("a count"), 3);
    assert_eq!(db.read(b).repo::<Note>().count().await.expect("a count"), 1);
}
