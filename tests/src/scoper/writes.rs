//! Every kind of write: what it touches is the tenant's, what it leaves is everything else.

use tenancy_core::ErrorKind;

use super::world::{Customer, Line, World, line, on_both};
use crate::harness::Engine;

on_both!(
    inserts_carry_the_tenant,
    inserts_from_a_select,
    upserts_within_the_tenant,
    an_upsert_by_a_rule_without_the_tenant,
    updates,
    updates_from_other_tables,
    deletes,
    returning,
    writes_in_a_read,
    nothing_is_written_without_commit,
);

mod mysql {
    super::on_both!(@ MySql: inserts_carry_the_tenant, updates, writes_in_a_read, nothing_is_written_without_commit);
}

/// Runs a write as tenant a, and checks that tenant b has what it had.
async fn touches(world: &World, sql: &'static str, rows: u64) {
    let before = world.all_of(world.b).await;
    assert_eq!(world.write(sql).await, rows, "{sql}");
    assert_eq!(world.all_of(world.b).await, before, "{sql}");
}

async fn names(world: &World) -> Vec<Line> {
    world.read("SELECT id, name AS word FROM customers ORDER BY id").await
}

async fn inserts_carry_the_tenant(world: &World) {
    touches(
        world,
        "INSERT INTO customers (id, name, currency) VALUES (4, 'a4', 'EUR'), (5, 'a5', 'EUR')",
        2,
    )
    .await;
    let stored = world.read::<Customer>("SELECT * FROM customers WHERE id > 3 ORDER BY id").await;
    assert!(stored.len() == 2 && stored.iter().all(|row| row.tenant_id == world.a), "{stored:?}");
}

async fn inserts_from_a_select(world: &World) {
    touches(
        world,
        "INSERT INTO customers (id, name, currency)
         SELECT i.id + 10, 'i' || i.status || i.id, 'EUR' FROM invoices i WHERE i.id < 3",
        2,
    )
    .await;
    touches(
        world,
        "WITH more AS (SELECT id FROM invoices) INSERT INTO customers (id, name, currency)
         SELECT id + 20, 'm' || id, 'EUR' FROM more WHERE id = 1
         UNION ALL SELECT id + 30, 'n' || id, 'EUR' FROM more WHERE id = 2",
        2,
    )
    .await;
    let ids: Vec<_> = names(world).await.into_iter().filter_map(|line| line.id).collect();
    assert_eq!(ids, [1, 2, 3, 11, 12, 21, 32]);
}

async fn upserts_within_the_tenant(world: &World) {
    touches(
        world,
        "INSERT INTO customers (id, name, currency) VALUES (1, 'x', 'EUR'), (6, 'a6', 'EUR')
         ON CONFLICT (id) DO UPDATE SET name = customers.name || excluded.name",
        2,
    )
    .await;
    touches(
        world,
        "INSERT INTO customers (id, name, currency) VALUES (1, 'y', 'EUR')
         ON CONFLICT (tenant_id, id) DO NOTHING",
        0,
    )
    .await;
    touches(
        world,
        "INSERT INTO customers (id, name, currency) VALUES (1, 'y', 'EUR')
         ON CONFLICT (id) DO UPDATE SET name = 'z' WHERE customers.name = 'never' OR false",
        0,
    )
    .await;
    assert_eq!(names(world).await[0], line(1, "a1x"));
    assert_eq!(names(world).await.len(), 4);
}

/// A unique rule over all tenants lets an upsert run into a foreign row.
async fn an_upsert_by_a_rule_without_the_tenant(world: &World) {
    let rule = "CREATE UNIQUE INDEX one_name ON customers (name)";
    if world.database.engine() == Engine::Postgres {
        world.database.admin().await.run(rule).await;
    } else {
        let url = world.database.url();
        let pool = sqlx::SqlitePool::connect(url).await.expect("the file opens");
        sqlx::raw_sql(rule).execute(&pool).await.expect("an index");
        pool.close().await;
    }
    let before = world.all_of(world.b).await;
    let mut takeovers = vec![
        "INSERT INTO customers (id, name, currency) VALUES (70, 'b1', 'XXX')
         ON CONFLICT (name) DO UPDATE SET currency = 'XXX', id = 70",
        "INSERT INTO customers (id, name, currency) VALUES (71, 'b1', 'XXX')
         ON CONFLICT (tenant_id, name) DO UPDATE SET currency = 'XXX', id = 71",
    ];
    takeovers.push(if world.database.engine() == Engine::Postgres {
        "INSERT INTO customers (id, name, currency) VALUES (72, 'b1', 'XXX')
         ON CONFLICT ON CONSTRAINT customers_tenant_id_name_key DO UPDATE SET currency = 'XXX'"
    } else {
        "INSERT INTO customers (id, name, currency) VALUES (72, 'b1', 'XXX')
         ON CONFLICT DO UPDATE SET currency = 'XXX', id = 72"
    });
    for sql in takeovers {
        let mut tx = world.db.tenant(world.a);
        // Nothing, or an error of the rule: never a row of b.
        let taken = tx.sql(sql).execute().await.is_ok_and(|rows| rows > 0);
        assert!(!taken, "{sql}: it took a row over");
        drop(tx);
        assert_eq!(world.all_of(world.b).await, before, "{sql}");
    }
}

async fn updates(world: &World) {
    touches(world, "UPDATE customers SET name = name || '!' WHERE id = 1 OR true", 3).await;
    touches(world, "UPDATE customers AS c SET name = upper(c.name)", 3).await;
    touches(
        world,
        "UPDATE invoices SET total_minor = (SELECT count(*) FROM customers)
         WHERE customer_id IN (SELECT id FROM customers WHERE name LIKE 'A%')",
        3,
    )
    .await;
    assert_eq!(names(world).await, [line(1, "A1!"), line(2, "A2!"), line(3, "A3!")]);
}

async fn updates_from_other_tables(world: &World) {
    touches(
        world,
        "UPDATE invoices SET status = c.name FROM customers c WHERE c.id = invoices.customer_id",
        3,
    )
    .await;
    touches(
        world,
        "UPDATE invoices AS i SET status = i.status || q.name
         FROM (SELECT id, name FROM customers) AS q LEFT JOIN currencies y ON false
         WHERE q.id = i.customer_id AND i.id = 1",
        1,
    )
    .await;
    let words = world.read::<Line>("SELECT id, status AS word FROM invoices").await;
    for expected in [line(1, "a1a1"), line(2, "a1"), line(3, "a2"), line(4, "open")] {
        assert!(words.contains(&expected), "{words:?}");
    }
}

async fn deletes(world: &World) {
    touches(world, "DELETE FROM invoices WHERE id = 4 OR id = 4", 1).await;
    if world.database.engine() == Engine::Postgres {
        touches(
            world,
            "DELETE FROM invoices AS i USING customers c WHERE c.id = i.customer_id AND c.name = 'a2'",
            1,
        )
        .await;
    } else {
        touches(
            world,
            "DELETE FROM invoices WHERE customer_id = (SELECT id FROM customers WHERE name = 'a2')",
            1,
        )
        .await;
    }
    touches(
        world,
        "DELETE FROM invoices WHERE EXISTS (SELECT 1 FROM customers WHERE name LIKE 'b%')",
        0,
    )
    .await;
    touches(world, "DELETE FROM invoices", 2).await;
}

async fn returning(world: &World) {
    let mut tx = world.db.tenant(world.a);
    let inserted = tx
        .sql("INSERT INTO customers (id, name, currency) VALUES ($1, $2, 'EUR') RETURNING *")
        .bind(8)
        .bind("a8")
        .fetch_one_as::<Customer>()
        .await
        .expect("inserted");
    assert_eq!((inserted.id, inserted.tenant_id), (8, world.a));
    let updated = tx
        .sql("UPDATE customers SET name = 'n' || id RETURNING id, name AS word")
        .fetch_all_as::<Line>()
        .await
        .expect("updated");
    assert_eq!(updated.len(), 4);
    let gone = tx
        .sql("DELETE FROM customers WHERE id > 2 RETURNING id, name AS word")
        .fetch_all_as::<Line>()
        .await
        .expect("deleted");
    assert_eq!(gone.len(), 2);
    if world.database.engine() == Engine::Postgres {
        let moved = tx
            .sql(
                "WITH gone AS (DELETE FROM invoices WHERE id < 3 RETURNING id, status)
                 INSERT INTO customers (id, name, currency)
                 SELECT id + 50, status, 'EUR' FROM gone RETURNING id, name AS word",
            )
            .fetch_all_as::<Line>()
            .await
            .expect("moved");
        assert_eq!(moved.len(), 2);
    }
    tx.commit().await.expect("committed");
    let (customers, invoices) = world.all_of(world.b).await;
    assert_eq!((customers.len(), invoices.len()), (3, 4));
}

async fn writes_in_a_read(world: &World) {
    let before = world.all_of(world.a).await;
    for sql in [
        "INSERT INTO customers (id, name, currency) VALUES (9, 'x', 'x')",
        "UPDATE customers SET name = 'x' WHERE id = 1",
        "DELETE FROM customers",
        "WITH x AS (SELECT 1 AS id) DELETE FROM customers WHERE id IN (SELECT id FROM x)",
    ] {
        let mut tx = world.db.read(world.a);
        let error = tx.sql(sql).execute().await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.message().contains("read-only"), "{error}");
        // Nothing was sent: the transaction goes on.
        tx.sql("SELECT id, name AS word FROM customers")
            .fetch_all_as::<Line>()
            .await
            .expect("read");
    }
    assert_eq!(world.all_of(world.a).await, before);
}

async fn nothing_is_written_without_commit(world: &World) {
    let before = (world.all_of(world.a).await, world.all_of(world.b).await);
    let mut tx = world.db.tenant(world.a);
    tx.sql("DELETE FROM customers").execute().await.expect("deleted");
    drop(tx);
    assert_eq!((world.all_of(world.a).await, world.all_of(world.b).await), before);
}
