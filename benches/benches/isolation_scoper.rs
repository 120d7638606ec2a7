//! What does it cost to name the tenant in a statement of one's own: in one that ran before, and
//! in one that is read for the first time?
//!
//! Both are calls of `TenantTx::sql`, which sends nothing. The statement is a join of ten lines
//! with a common table expression, a subquery and a union.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::{TenantDb, TenantEntity};

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

fn open(runtime: &tokio::runtime::Runtime) -> TenantDb {
    let options = TenantDb::options().register::<Invoice>().register::<Customer>();
    runtime.block_on(options.connect("sqlite::memory:")).expect("it opens")
}

fn scoper(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let db = open(&runtime);
    let _entered = runtime.enter();
    let mut tx = db.read(TenantId::generate());
    // It goes as far as the database, which has no tables.
    let sent = async {
        let mut tx = db.read(TenantId::generate());
        tx.sql(JOIN).bind("").bind("").bind(1).execute().await
    };
    assert_eq!(runtime.block_on(sent).expect_err("no tables").kind(), ErrorKind::Internal);
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
