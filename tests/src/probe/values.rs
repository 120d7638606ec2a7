//! Values that are made up, and those that must be given.

use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::probe::{Gravity, Probe};
use tenancy_sqlx::{Migration, TenantDb, TenantEntity};

use super::world::assert_found;
use crate::harness::{Database, Engine, two_tenants};

#[derive(Debug, TenantEntity)]
#[tenant(table = "prices")]
struct Price {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    currency: String,
    percent: i64,
}

const PRICES: Migration = Migration::portable(
    1,
    "prices",
    "CREATE TABLE prices (tenant_id BLOB NOT NULL, id INTEGER NOT NULL,
     currency TEXT NOT NULL CHECK (currency IN ('CHF', 'EUR')),
     percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 100), PRIMARY KEY (tenant_id, id))",
);

async fn prices() -> TenantDb {
    let db = TenantDb::options().register::<Price>().connect("sqlite::memory:").await;
    let db = db.expect("it opens");
    db.migrate(&[PRICES]).await.expect("migrated");
    db
}

#[tokio::test]
async fn a_rule_that_refuses_what_is_made_up_is_said() {
    let db = prices().await;
    let report = Probe::new(&db).run().await.expect("it answers");
    assert_found(&report, Gravity::NotTried, "prices", "CHECK", "Probe::value(Entity::CURRENCY");
    let panic = std::panic::catch_unwind(|| report.assert_clean()).expect_err("not clean");
    let said = panic.downcast_ref::<String>().expect("a text");
    assert!(said.contains("not tried: the table \"prices\""), "{said}");
}

#[tokio::test]
async fn given_values_are_taken() {
    let db = prices().await;
    let report = Probe::new(&db).value(Price::CURRENCY, "EUR").run().await.expect("it answers");
    report.assert_clean();
    let report = Probe::new(&db)
        .value(Price::CURRENCY, "EUR")
        .value(Price::CURRENCY, "CHF")
        .value(Price::PERCENT, 7)
        .run()
        .await
        .expect("it answers");
    report.assert_clean();
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        assert_eq!(db.read(tenant).repo::<Price>().count().await.expect("a count"), 0);
    }
}

#[tokio::test]
async fn a_table_that_keeps_its_rows_is_not_tried() {
    let db = prices().await;
    let keep = Migration::portable(
        2,
        "keep",
        "CREATE TRIGGER keep BEFORE DELETE ON prices
         BEGIN SELECT RAISE(ABORT, 'rows stay'); END",
    );
    db.migrate(&[PRICES, keep]).await.expect("migrated");
    let report = Probe::new(&db).value(Price::CURRENCY, "EUR").run().await.expect("it answers");
    assert_found(&report, Gravity::NotTried, "prices", "rows stay", "nobody may delete");
    let rows = db.read(two_tenants().0).repo::<Price>().count().await.expect("a count");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn nothing_registered_is_not_clean() {
    let db = TenantDb::options().connect("sqlite::memory:").await.expect("it opens");
    let report = Probe::new(&db).run().await.expect("it answers");
    assert_found(&report, Gravity::NotTried, "options", "no entity", ".register::<");
}

#[tokio::test]
async fn tenants_are_two_that_are_known() {
    let db = prices().await;
    let (a, _) = two_tenants();
    let error = Probe::new(&db).tenants(a, a).run().await.expect_err("the same");
    assert_eq!(error.kind(), ErrorKind::Invalid);

    // A directory that knows nobody.
    let database = Database::create(Engine::Sqlite).await;
    let options = TenantDb::options().register::<Price>();
    let db = options.connect(database.url()).await.expect("it opens");
    db.migrate(&[PRICES]).await.expect("migrated");
    let plans = tenancy_core::PlanCatalogue::example();
    let directory = tenancy_sqlx::SqlDirectory::new(db.clone(), plans);
    let db = db.with_directory(std::sync::Arc::new(directory));
    let error = Probe::new(&db).run().await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains("Probe::tenants"), "{error:?}");
}
