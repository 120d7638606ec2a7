//! What belongs to no tenant, and that nothing of a tenant is reached from there.

use tenancy_core::{ErrorKind, Page};
use tenancy_sqlx::{Migration, SharedEntity, TenantDb};

use crate::harness::{Database, Engine, NOTES, Note, two_tenants, write_note};

#[derive(Debug, Clone, PartialEq, SharedEntity)]
#[tenant(table = "currencies")]
struct Currency {
    #[tenant(key)]
    code: String,
    digits: i64,
    name: Option<String>,
}

const CURRENCIES: Migration = Migration::portable(
    2,
    "currencies",
    "CREATE TABLE currencies (code VARCHAR(3) PRIMARY KEY, digits BIGINT NOT NULL,
     name VARCHAR(50))",
);

fn currency(code: &str, digits: i64) -> Currency {
    Currency { code: code.to_owned(), digits, name: None }
}

async fn open(engine: Engine) -> (Database, TenantDb) {
    let database = Database::create(engine).await;
    let options = database.options().register_shared::<Currency>();
    let db = options.connect(database.url()).await.expect("it answers");
    db.migrate(&[NOTES, CURRENCIES]).await.expect("migrated");
    (database, db)
}

#[tokio::test]
async fn every_verb_works_and_all_tenants_see_the_same() {
    for engine in
        [Engine::Sqlite, Engine::SqliteMemory, Engine::Postgres, Engine::PgBouncer, Engine::MySql]
    {
        let (_database, db) = open(engine).await;
        let mut tx = db.shared();
        for (code, digits) in [("EUR", 2), ("JPY", 0), ("USD", 2), ("BHD", 2)] {
            tx.repo::<Currency>().insert(currency(code, digits)).await.expect("inserted");
        }
        let dinar = Currency { name: Some("dinar".to_owned()), ..currency("BHD", 3) };
        tx.repo::<Currency>().update(dinar.clone()).await.expect("updated");
        assert!(tx.repo::<Currency>().delete(&"USD".to_owned()).await.expect("deleted"));
        assert!(!tx.repo::<Currency>().delete(&"USD".to_owned()).await.expect("a delete"));
        let absent = tx.repo::<Currency>().update(currency("USD", 2)).await;
        assert_eq!(absent.expect_err("absent").kind(), ErrorKind::NotFound);
        tx.commit().await.expect("committed");

        let mut tx = db.read_shared();
        let mut currencies = tx.repo::<Currency>();
        assert_eq!(currencies.count().await.expect("a count"), 3);
        assert_eq!(currencies.get(&"BHD".to_owned()).await.expect("a read"), Some(dinar));
        let page = Page::newest(1).after("JPY".to_owned());
        let next = currencies.list(page).await.expect("a list");
        assert_eq!((next.items[0].code.as_str(), next.has_more), ("EUR", true));
        let first = currencies.list(Page::oldest(3)).await.expect("a list");
        let codes: Vec<_> = first.items.iter().map(|one| one.code.as_str()).collect();
        assert_eq!((codes, first.has_more), (vec!["BHD", "EUR", "JPY"], false));
        let refused = currencies.insert(currency("CHF", 2)).await.expect_err("it only reads");
        assert_eq!(refused.kind(), ErrorKind::Misconfigured);
        tx.commit().await.expect("ended");

        let mut tx = db.shared();
        let twice = tx.repo::<Currency>().insert(currency("EUR", 2)).await;
        assert_eq!(twice.expect_err("twice").kind(), ErrorKind::Conflict);
        assert_eq!(tx.commit().await.expect_err("spoilt").kind(), ErrorKind::Conflict);
    }
}

/// The type is written by hand, or the table registered for tenants in another program: on
/// Postgres the transaction still is nobody's.
#[tokio::test]
async fn a_tenants_table_under_a_shared_name_shows_nothing() {
    #[derive(Debug, SharedEntity)]
    #[tenant(table = "notes")]
    struct AnyNote {
        #[tenant(key)]
        id: i64,
        title: String,
    }
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    let options = TenantDb::options().register_shared::<AnyNote>();
    let sly = options.connect(database.url()).await.expect("it answers");
    let mut tx = sly.shared();
    let mut notes = tx.repo::<AnyNote>();
    assert_eq!(notes.count().await.expect("a count"), 0);
    assert!(notes.list(Page::newest(9)).await.expect("a list").items.is_empty());
    let taken = notes.update(AnyNote { id: 1, title: "taken".to_owned() }).await;
    assert_eq!(taken.expect_err("unseen").kind(), ErrorKind::NotFound);
    assert!(!notes.delete(&1).await.expect("a delete"));
    let untouched = "SELECT count(*) FROM notes WHERE title = 'note 1'";
    assert_eq!(database.admin().await.count(untouched).await, 2);
}

#[derive(SharedEntity)]
#[tenant(table = "notes")]
struct SharedNote {
    #[tenant(key)]
    id: i64,
}

#[test]
#[should_panic(expected = "is registered for tenants")]
fn a_table_of_tenants_is_not_shared() {
    let _ = TenantDb::options().register::<Note>().register_shared::<SharedNote>();
}

#[test]
#[should_panic(expected = "is registered as a shared one")]
fn a_shared_table_is_no_tenants() {
    let _ = TenantDb::options().register_shared::<SharedNote>().register::<Note>();
}

#[tokio::test]
async fn an_unregistered_one_is_refused() {
    for engine in [Engine::SqliteMemory, Engine::Postgres, Engine::MySql] {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let error = db.shared().repo::<Currency>().count().await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.message().contains(".register_shared::<"), "{}", error.message());
    }
}
