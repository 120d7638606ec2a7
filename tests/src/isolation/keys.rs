//! Keys that would let tenants meet: start-up refuses the table, and says what to do.

use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::{TenantDb, TenantEntity};

use crate::harness::{Database, Engine, two_tenants};

#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "customers")]
struct Customer {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "orders")]
struct Order {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    customer_id: Option<i64>,
    number: String,
}

const ENGINES: [Engine; 3] = [Engine::Sqlite, Engine::MySql, Engine::Postgres];

/// The tables as they should be.
const CUSTOMERS: &str = "PRIMARY KEY (tenant_id, id)";
const ORDERS: &str = "PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id)";

/// Makes both tables with these keys, and says what the first statement is answered.
async fn refusal(engine: Engine, customers: &str, orders: &str, then: &str) -> Option<String> {
    let database = Database::create(engine).await;
    let (uuid, text) = match engine {
        Engine::MySql => ("BINARY(16)", "VARCHAR(100)"),
        Engine::Postgres => ("uuid", "text"),
        _ => ("BLOB", "TEXT"),
    };
    let script = format!(
        "CREATE TABLE customers (tenant_id {uuid} NOT NULL, id BIGINT NOT NULL, {customers});
         CREATE TABLE orders (tenant_id {uuid} NOT NULL, id BIGINT NOT NULL, customer_id BIGINT,
             number {text} NOT NULL, {orders});
         {then}"
    );
    run(engine, &database, &script).await;
    let options = || TenantDb::options().register::<Customer>().register::<Order>();
    if engine == Engine::Postgres {
        // Its own guard is complained of first; this puts it there and judges the keys too.
        let guarded = options().connect(database.url()).await.expect("it answers");
        let _ = guarded.migrate(&[]).await;
    }
    let db = options().connect(database.url()).await.expect("it answers");
    let (a, b) = two_tenants();
    let mut refusals = Vec::new();
    for tenant in [a, b] {
        let answer = db.read(tenant).repo::<Order>().count().await;
        refusals.push(answer.err().map(|error| {
            assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
            error.message().to_owned()
        }));
    }
    assert_eq!(refusals[0], refusals[1], "it is the same for every tenant");
    refusals.pop().flatten()
}

async fn run(engine: Engine, database: &Database, script: &str) {
    use sqlx::Connection as _;
    let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned()));
    let url = database.url();
    match engine {
        Engine::MySql => {
            let connection = &mut sqlx::MySqlConnection::connect(url).await.expect("it answers");
            sql.execute(connection).await.map(drop)
        }
        Engine::Postgres => {
            let connection = &mut sqlx::PgConnection::connect(url).await.expect("it answers");
            sql.execute(connection).await.map(drop)
        }
        _ => {
            let connection = &mut sqlx::SqliteConnection::connect(url).await.expect("it answers");
            sql.execute(connection).await.map(drop)
        }
    }
    .expect("the tables are made");
}

fn assert_says(engine: Engine, refusal: Option<String>, says: &[&str]) {
    let refusal = refusal.unwrap_or_else(|| panic!("{engine:?} must refuse: {says:?}"));
    for part in says {
        assert!(refusal.contains(part), "{engine:?}: {refusal}");
    }
}

#[tokio::test]
async fn keys_with_the_tenant_are_taken() {
    for engine in ENGINES {
        assert_eq!(refusal(engine, CUSTOMERS, ORDERS, "").await, None, "{engine:?}");
        // The tenant may stand behind, and a plain index may lack it.
        let orders = "PRIMARY KEY (id, tenant_id)";
        let index = "CREATE INDEX orders_plain ON orders (number)";
        assert_eq!(refusal(engine, CUSTOMERS, orders, index).await, None, "{engine:?}");
    }
}

#[tokio::test]
async fn a_unique_key_without_the_tenant_is_refused() {
    for engine in ENGINES {
        for orders in [
            "PRIMARY KEY (id)",
            "PRIMARY KEY (tenant_id, id), UNIQUE (number)",
            "PRIMARY KEY (tenant_id, id), UNIQUE (id, number)",
        ] {
            let refusal = refusal(engine, CUSTOMERS, orders, "").await;
            assert_says(
                engine,
                refusal,
                &["\"orders\"", "leaves out the tenant", "add the column"],
            );
        }
        let index = "CREATE UNIQUE INDEX orders_number ON orders (number)";
        let refusal = refusal(engine, CUSTOMERS, ORDERS, index).await;
        assert_says(engine, refusal, &["\"orders_number\"", "leaves out the tenant"]);
    }
}

#[tokio::test]
async fn special_unique_keys_without_the_tenant_are_refused() {
    for (engine, index) in [
        (Engine::Sqlite, "CREATE UNIQUE INDEX special ON orders (lower(number))"),
        (Engine::Sqlite, "CREATE UNIQUE INDEX special ON orders (number) WHERE id > 7"),
        (Engine::Postgres, "CREATE UNIQUE INDEX special ON orders (lower(number))"),
        (Engine::Postgres, "CREATE UNIQUE INDEX special ON orders (number) INCLUDE (tenant_id)"),
        (
            Engine::Postgres,
            "ALTER TABLE orders ADD CONSTRAINT special EXCLUDE USING btree (number WITH =)",
        ),
        // Half of a tenant's id may be that of another's.
        (Engine::MySql, "CREATE UNIQUE INDEX special ON orders (tenant_id(8), number)"),
    ] {
        let refusal = refusal(engine, CUSTOMERS, ORDERS, index).await;
        assert_says(engine, refusal, &["\"special\"", "leaves out the tenant"]);
    }
    // SQLite's INTEGER PRIMARY KEY is the row itself, and no index.
    let customers = "UNIQUE (tenant_id, id)";
    let orders = "row INTEGER PRIMARY KEY, UNIQUE (tenant_id, id)";
    let refusal = refusal(Engine::Sqlite, customers, orders, "").await;
    assert_says(Engine::Sqlite, refusal, &["PRIMARY KEY", "leaves out the tenant"]);
}

#[tokio::test]
async fn a_key_that_may_be_there_twice_is_refused() {
    for engine in ENGINES {
        for orders in ["UNIQUE (tenant_id, number)", "UNIQUE (tenant_id, id, number)"] {
            let refusal = refusal(engine, CUSTOMERS, orders, "").await;
            assert_says(engine, refusal, &["\"orders\"", "PRIMARY KEY (tenant_id, id)"]);
        }
    }
}

/// `MySQL` and SQLite take a reference to a part of a key; on Postgres it needs a unique key
/// without the tenant, which is refused by itself.
#[tokio::test]
async fn a_reference_that_may_leave_the_tenant_is_refused() {
    let customers = "PRIMARY KEY (id, tenant_id)";
    let orders = "PRIMARY KEY (tenant_id, id),
        CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)";
    for engine in [Engine::Sqlite, Engine::MySql] {
        let refusal = refusal(engine, customers, orders, "").await;
        assert_says(engine, refusal, &["may refer to a row of another tenant", "(tenant_id, …)"]);
    }
    // The tenant is in it, and is compared with something else.
    for engine in [Engine::MySql, Engine::Postgres] {
        let crossed = match engine {
            Engine::MySql => {
                "FOREIGN KEY (other, customer_id) REFERENCES customers (tenant_id, id),
                other BINARY(16)"
            }
            _ => {
                "other uuid,
                FOREIGN KEY (other, customer_id) REFERENCES customers (tenant_id, id)"
            }
        };
        let orders = format!("PRIMARY KEY (tenant_id, id), {crossed}");
        let refusal = refusal(engine, CUSTOMERS, &orders, "").await;
        assert_says(engine, refusal, &["may refer to a row of another tenant"]);
    }
}

#[tokio::test]
async fn a_table_without_transactions_is_refused() {
    for (then, says) in [
        ("ALTER TABLE orders ENGINE = MyISAM", "ENGINE = InnoDB"),
        ("DROP TABLE orders", "does not exist"),
    ] {
        let refusal = refusal(Engine::MySql, CUSTOMERS, CUSTOMERS, then).await;
        assert_says(Engine::MySql, refusal, &["\"orders\"", says]);
    }
    let refusal = refusal(Engine::Sqlite, CUSTOMERS, ORDERS, "DROP TABLE orders").await;
    assert_says(Engine::Sqlite, refusal, &["\"orders\"", "does not exist"]);
}
