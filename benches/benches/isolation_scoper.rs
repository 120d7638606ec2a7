//! What does it cost to name the tenant in a statement of one's own: in one that ran before, and
//! in one that is read for the first time?
//!
//! Both are calls of `TenantTx::sql`, which sends nothing. The statement is a join of ten lines
//! with a common table expression, a subquery and a union.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tenancy_core::{Error, TenantId};
use tenancy_sqlx::{Migration, TenantDb, TenantEntity};

#[derive(TenantEntity)]
#[tenant(table = "invoices")]
struct Invoice {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

#[derive(TenantEntity)]
#[tenant(table = "customers")]
struct Customer {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

const JOIN: &str = "WITH paid AS (SELECT customer_id, sum(total_minor) AS total FROM invoices
     WHERE status = 'paid' AND paid_at >= $1 GROUP BY customer_id)
SELECT c.id, c.name, coalesce(p.total, 0) AS total, count(*) AS open_invoices
FROM customers AS c
LEFT JOIN paid AS p ON p.customer_id = c.id
JOIN invoices AS i ON i.customer_id = c.id AND i.status = 'open'
WHERE (c.name LIKE $2 OR c.id IN (SELECT customer_id FROM invoices WHERE total_minor > $3))
GROUP BY c.id, c.name, p.total HAVING count(*) > 1
UNION ALL SELECT c.id, c.name, 0, 0 FROM customers AS c WHERE c.name IS NULL
ORDER BY 2, 1 LIMIT 100 OFFSET 0";

const TABLES: Migration = Migration::portable(
    1,
    "invoices and customers",
    "CREATE TABLE customers (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, name TEXT,
     PRIMARY KEY (tenant_id, id));
     CREATE TABLE invoices (tenant_id BLOB NOT NULL, id INTEGER NOT NULL,
     customer_id INTEGER NOT NULL, status TEXT NOT NULL, total_minor INTEGER NOT NULL, paid_at TEXT,
     PRIMARY KEY (tenant_id, id))",
);

async fn open() -> Result<TenantDb, Error> {
    let options = TenantDb::options().register::<Invoice>().register::<Customer>();
    let db = options.connect("sqlite::memory:").await?;
    db.migrate(&[TABLES]).await?;
    Ok(db)
}

fn scoper(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let db = runtime.block_on(open()).expect("it opens");
    let _entered = runtime.enter();
    let mut tx = db.read(TenantId::generate());
    // The database takes what is made of it.
    let sent = async {
        let mut tx = db.read(TenantId::generate());
        tx.sql(JOIN).bind("").bind("").bind(1).execute().await
    };
    runtime.block_on(sent).expect("a statement that the database takes");
    let mut group = c.benchmark_group("isolation_scoper");
    group.bench_function("nothing", |b| b.iter(|| black_box(black_box(&mut tx).tenant())));
    group.bench_function("known", |b| {
        b.iter(|| drop(black_box(black_box(&mut tx).sql(black_box(JOIN)))));
    });
    let mut number = 0;
    let mut another = || -> &'static str {
        number += 1;
        JOIN.replace("OFFSET 0", &format!("OFFSET {number}")).leak()
    };
    group.bench_function("first", |b| {
        b.iter_batched(
            &mut another,
            |text| drop(black_box(black_box(&mut tx).sql(text))),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, scoper);
criterion_main!(benches);
