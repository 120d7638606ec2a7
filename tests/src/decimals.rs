//! Decimals, alike on every database.

use rust_decimal::Decimal;
use tenancy_core::TenantId;
use tenancy_sqlx::{Migration, TenantDb, TenantEntity};

use crate::harness::{Database, Engine, two_tenants};

#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "rates")]
struct Rate {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    percent: Decimal,
    cap: Option<Decimal>,
}

const RATES: Migration = Migration::new(
    1,
    "rates",
    "CREATE TABLE rates (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, percent TEXT NOT NULL,
     cap TEXT, PRIMARY KEY (tenant_id, id)) STRICT",
    "CREATE TABLE rates (tenant_id uuid NOT NULL, id bigint NOT NULL, percent numeric NOT NULL,
     cap numeric, PRIMARY KEY (tenant_id, id))",
)
.with_mysql(
    "CREATE TABLE rates (tenant_id BINARY(16) NOT NULL, id BIGINT NOT NULL,
     percent DECIMAL(38, 10) NOT NULL, cap DECIMAL(38, 10), PRIMARY KEY (tenant_id, id))",
);

#[tokio::test]
async fn a_decimal_is_kept_to_the_last_digit() {
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        let options = TenantDb::options().register::<Rate>();
        let db = options.connect(database.url()).await.expect("it answers");
        db.migrate(&[RATES]).await.expect("migrated");
        let (a, b) = two_tenants();
        let texts = ["0", "-0.0000000001", "19.90", "1234567890123456789.0123456789", "7"];
        for tenant in [a, b] {
            let mut tx = db.tenant(tenant);
            let mut rates = tx.repo::<Rate>();
            for (id, text) in (0..).zip(texts) {
                let percent: Decimal = text.parse().expect("a decimal");
                let cap = (id % 2 == 0).then_some(percent);
                let rate = Rate { id, tenant_id: tenant, percent, cap };
                rates.insert(rate.clone()).await.expect("inserted");
                assert_eq!(rates.get(&id).await.expect("a read"), Some(rate), "{engine:?}");
            }
            tx.commit().await.expect("committed");
        }
    }
}

/// `sum` of 64-bit integers is a decimal on Postgres and `MySQL`, and so is an average: numbers
/// that were asked for as others are read as those, when they are the same.
#[tokio::test]
async fn a_whole_decimal_is_read_as_an_integer() {
    #[derive(Debug, TenantEntity)]
    #[tenant(table = "rates")]
    struct Whole {
        #[tenant(key)]
        id: i64,
        tenant_id: TenantId,
        percent: i64,
        cap: Option<f64>,
    }
    for engine in [Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = TenantDb::options().register::<Rate>().connect(database.url()).await;
        let db = db.expect("it answers");
        db.migrate(&[RATES]).await.expect("migrated");
        let reader = TenantDb::options().register::<Whole>().connect(database.url()).await;
        let reader = reader.expect("it answers");
        let (a, b) = two_tenants();
        for (tenant, percent) in [(a, "12.00"), (b, "12.5")] {
            let percent: Decimal = percent.parse().expect("a decimal");
            let mut tx = db.tenant(tenant);
            let rate = Rate { id: 1, tenant_id: tenant, percent, cap: Some(percent) };
            tx.repo::<Rate>().insert(rate).await.expect("inserted");
            tx.commit().await.expect("committed");
        }
        let whole = reader.read(a).repo::<Whole>().get(&1).await.expect("whole").expect("there");
        assert_eq!((whole.id, whole.tenant_id, whole.percent), (1, a, 12));
        assert_eq!(whole.cap, Some(12.0));
        reader.read(b).repo::<Whole>().get(&1).await.expect_err("it has a fraction");
    }
}
