//! Without a word to the database: the predicate is all there is, and that is said.

use tenancy_sqlx::{Binding, TenantDb};

use super::assert_refused;
use crate::harness::{
    Database, Engine, NOTES, Note, count_notes, two_tenants, variable, write_note,
};

/// As the superuser, whom no policy binds.
#[tokio::test]
async fn the_predicate_keeps_tenants_apart_by_itself() {
    let database = Database::create(Engine::Postgres).await;
    let url = variable("DATABASE_URL");
    let (server, _) = url.rsplit_once('/').expect("a database");
    let options = database.options().binding(Binding::None).max_connections(1);
    let db = options.connect(&format!("{server}/{}", database.name())).await.expect("it answers");
    db.migrate(&[NOTES]).await.expect("any role may");
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    write_note(&db, b, 2).await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 2));
    let mut tx = db.tenant(a);
    assert!(!tx.repo::<Note>().delete(&2).await.expect("it runs"), "another tenant's");
    tx.commit().await.expect("committed");
    let counted = db.read(a).sql("SELECT id FROM notes").fetch_all_as::<Id>().await;
    assert_eq!(counted.expect("a read").len(), 1);
    let mut admin = database.admin().await;
    let policies = "SELECT count(*) FROM pg_policies WHERE tablename = 'notes'";
    assert_eq!(admin.count(policies).await, 0, "none is made");
    assert_eq!(count_notes(&db, b).await, 2);
}

#[derive(tenancy_sqlx::FromTenantRow)]
struct Id {
    #[expect(dead_code, reason = "only counted")]
    id: i64,
}

/// Policies that wait for a tenant would hide everything: that is an error, not an empty answer.
#[tokio::test]
async fn a_table_whose_rows_are_hidden_is_refused() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    let bare = database.options().binding(Binding::None).connect(database.url()).await;
    let bare = bare.expect("it answers");
    for tenant in [a, b] {
        assert_refused(bare.read(tenant).repo::<Note>().count().await, "hide all of its rows");
    }
    assert_refused(bare.migrate(&[NOTES]).await, "hide all of its rows");
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
}

#[tokio::test]
async fn is_what_databases_without_a_guard_have() {
    for engine in [Engine::Sqlite, Engine::MySql] {
        let database = Database::create(engine).await;
        let options = database.options().binding(Binding::None);
        let db = database.open(options).await.expect("it opens");
        let (a, b) = two_tenants();
        write_note(&db, a, 1).await;
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 0));
        let session = database.options().binding(Binding::Session).connect(database.url()).await;
        assert_refused(session, "only Postgres");
    }
}

#[tokio::test]
async fn a_missing_table_is_said() {
    let database = Database::create(Engine::Postgres).await;
    let db = TenantDb::options().register::<Note>().binding(Binding::None);
    let db = db.connect(database.url()).await.expect("it answers");
    for tenant in [two_tenants().0, two_tenants().1] {
        assert_refused(db.read(tenant).repo::<Note>().count().await, "does not exist");
    }
}
