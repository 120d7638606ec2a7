//! Every place where a table can stand in a SELECT.

use super::world::{Line, World, line, on_both};

on_both!(
    tables_and_conditions,
    inner_joins,
    outer_joins,
    joins_without_a_condition,
    subqueries,
    common_table_expressions,
    recursion,
    set_operations,
    groups_and_windows,
    views_and_shared_tables,
    names_in_all_spellings,
);

mod mysql {
    super::on_both!(@ MySql: tables_and_conditions, inner_joins, joins_without_a_condition, subqueries, common_table_expressions, recursion, set_operations, views_and_shared_tables);
}

/// A statement and what it gives tenant a: `id` and `word`, in any order.
async fn gives(world: &World, sql: &'static str, expected: &[Line]) {
    let mut rows = world.read::<Line>(sql).await;
    rows.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(rows, expected, "{sql}");
}

fn only_word(word: &str) -> Line {
    Line { id: None, word: Some(word.to_owned()) }
}

fn only_id(id: i64) -> Line {
    Line { id: Some(id), word: None }
}

async fn tables_and_conditions(world: &World) {
    let all = [line(1, "a1"), line(2, "a2"), line(3, "a3")];
    gives(world, "SELECT id, name AS word FROM customers", &all).await;
    gives(world, "SELECT id, name AS word FROM customers WHERE id = 1 OR true", &all).await;
    gives(world, "SELECT id, name AS word FROM customers WHERE id = 2 OR id = 2", &all[1..2]).await;
    gives(
        world,
        "SELECT id, name AS word FROM customers WHERE NOT id = 2 OR id > 2 AND false",
        &[line(1, "a1"), line(3, "a3")],
    )
    .await;
    gives(world, "SELECT id, name AS word FROM customers ORDER BY id DESC LIMIT 1", &all[2..])
        .await;
    gives(world, "SELECT 7 AS id, 'x' AS word", &[line(7, "x")]).await;
}

async fn inner_joins(world: &World) {
    let paired = [line(1, "a1"), line(2, "a1"), line(3, "a2")];
    for sql in [
        "SELECT i.id, c.name AS word FROM invoices i JOIN customers c ON c.id = i.customer_id",
        "SELECT i.id, c.name AS word FROM invoices i, customers c WHERE c.id = i.customer_id",
        "SELECT i.id, c.name AS word FROM customers c INNER JOIN invoices i ON c.id = i.customer_id OR c.id = 99",
        "SELECT i.id, c.name AS word FROM (customers c CROSS JOIN invoices i) WHERE c.id = i.customer_id",
    ] {
        gives(world, sql, &paired).await;
    }
    // The other side of a condition that is always true is this tenant's too.
    let counted = world
        .read::<Line>("SELECT count(*) AS id, 'x' AS word FROM customers c JOIN invoices i ON true")
        .await;
    assert_eq!(counted, [line(12, "x")]);
}

async fn outer_joins(world: &World) {
    let left = [line(1, "a1"), line(2, "a1"), line(3, "a2"), only_id(4)];
    for sql in [
        "SELECT i.id, c.name AS word FROM invoices i LEFT JOIN customers c ON c.id = i.customer_id",
        "SELECT i.id, c.name AS word FROM customers c RIGHT JOIN invoices i ON c.id = i.customer_id",
    ] {
        gives(world, sql, &left).await;
    }
    let full = [line(1, "a1"), line(2, "a1"), line(3, "a2"), only_id(4), only_word("a3")];
    gives(
        world,
        "SELECT i.id, c.name AS word FROM customers c FULL JOIN invoices i ON c.id = i.customer_id",
        &full,
    )
    .await;
    gives(
        world,
        "SELECT i.id, c.name AS word FROM invoices i
         LEFT JOIN (customers c JOIN customers d ON d.id = c.id) ON c.id = i.customer_id",
        &left,
    )
    .await;
    // What is missing for this tenant is there for the other: it stays missing.
    let mut tx = world.db.tenant(world.b);
    tx.sql("INSERT INTO customers (id, name, currency) VALUES (9, 'b9', 'EUR')")
        .execute()
        .await
        .expect("inserted");
    tx.commit().await.expect("committed");
    gives(
        world,
        "SELECT i.id, c.name AS word FROM invoices i LEFT JOIN customers c ON c.id = i.customer_id
         WHERE c.id IS NULL",
        &[only_id(4)],
    )
    .await;
}

async fn joins_without_a_condition(world: &World) {
    gives(
        world,
        "SELECT i.id, c.name AS word FROM customers c JOIN invoices i USING (id)",
        &[line(1, "a1"), line(2, "a2"), line(3, "a3")],
    )
    .await;
    gives(
        world,
        "SELECT i.id, c.name AS word FROM invoices i LEFT JOIN customers c USING (id)",
        &[line(1, "a1"), line(2, "a2"), line(3, "a3"), only_id(4)],
    )
    .await;
    gives(
        world,
        "SELECT i.id, c.name AS word FROM customers c NATURAL JOIN invoices i",
        &[line(1, "a1"), line(2, "a2"), line(3, "a3")],
    )
    .await;
}

async fn subqueries(world: &World) {
    gives(
        world,
        "SELECT id, (SELECT max(name) FROM customers) AS word FROM customers
         WHERE id IN (SELECT customer_id FROM invoices WHERE total_minor > 25)",
        &[line(2, "a3")],
    )
    .await;
    gives(
        world,
        "SELECT q.id, q.word FROM (SELECT id, name AS word FROM customers WHERE id < 3) AS q
         WHERE EXISTS (SELECT 1 FROM invoices i WHERE i.customer_id = q.id AND i.status = 'paid')",
        &[line(1, "a1")],
    )
    .await;
    gives(
        world,
        "SELECT sum(total_minor) AS id, 'x' AS word FROM
         (SELECT total_minor + 0 AS total_minor FROM (SELECT * FROM invoices) AS i) AS q
         WHERE 1 = CASE WHEN EXISTS (SELECT 1 FROM customers WHERE name LIKE 'b%') THEN 0 ELSE 1 END",
        &[line(100, "x")],
    )
    .await;
}

async fn common_table_expressions(world: &World) {
    gives(
        world,
        "WITH paid AS (SELECT customer_id FROM invoices WHERE status = 'paid'),
              names(id, word) AS (SELECT id, name FROM customers WHERE id IN (SELECT customer_id FROM paid))
         SELECT id, word FROM names UNION ALL SELECT customer_id, 'p' FROM paid",
        &[line(1, "a1"), line(1, "p")],
    )
    .await;
    // A name inside hides the same name outside.
    gives(
        world,
        "WITH q AS (SELECT 1 AS id, 'outer' AS word)
         SELECT id, word FROM (WITH q AS (SELECT id, name AS word FROM customers) SELECT * FROM q) AS r
         UNION ALL SELECT id, word FROM q",
        &[line(1, "a1"), line(2, "a2"), line(3, "a3"), line(1, "outer")],
    )
    .await;
}

async fn recursion(world: &World) {
    gives(
        world,
        "WITH RECURSIVE chain(id, word) AS (
             SELECT id, name FROM customers WHERE id = 1
             UNION ALL
             SELECT c.id, c.name FROM chain JOIN customers c ON c.id = chain.id + 1
         ) SELECT id, word FROM chain",
        &[line(1, "a1"), line(2, "a2"), line(3, "a3")],
    )
    .await;
}

async fn set_operations(world: &World) {
    gives(
        world,
        "SELECT id, name AS word FROM customers WHERE id = 1
         UNION SELECT id, status FROM invoices WHERE id = 2
         EXCEPT SELECT 1, 'a1'",
        &[line(2, "paid")],
    )
    .await;
    gives(
        world,
        "SELECT id, 'x' AS word FROM customers INTERSECT SELECT id, 'x' FROM invoices",
        &[line(1, "x"), line(2, "x"), line(3, "x")],
    )
    .await;
}

async fn groups_and_windows(world: &World) {
    gives(
        world,
        "SELECT count(*) AS id, status AS word FROM invoices GROUP BY status HAVING count(*) > 0",
        &[line(3, "open"), line(1, "paid")],
    )
    .await;
    gives(
        world,
        "SELECT row_number() OVER (ORDER BY name DESC) AS id, name AS word FROM customers",
        &[line(3, "a1"), line(2, "a2"), line(1, "a3")],
    )
    .await;
    gives(
        world,
        "SELECT count(*) FILTER (WHERE status = 'open') AS id, max(status) AS word FROM invoices",
        &[line(3, "paid")],
    )
    .await;
}

async fn views_and_shared_tables(world: &World) {
    gives(
        world,
        "SELECT o.id, o.status AS word FROM open_invoices AS o",
        &[line(1, "open"), line(3, "open"), line(4, "open")],
    )
    .await;
    gives(
        world,
        "SELECT y.digits AS id, c.name AS word FROM customers c JOIN currencies y ON y.code = c.currency",
        &[line(2, "a1"), line(0, "a2"), line(2, "a3")],
    )
    .await;
}

async fn names_in_all_spellings(world: &World) {
    for sql in [
        "SELECT ID, Name AS Word FROM Customers",
        "SELECT id, name AS word FROM CUSTOMERS c WHERE C.id > 0",
        r#"SELECT "id", "name" AS "word" FROM "customers""#,
        r#"SELECT "q".id, q.name AS word FROM customers AS "q" WHERE Q.id > 0"#,
    ] {
        gives(world, sql, &[line(1, "a1"), line(2, "a2"), line(3, "a3")]).await;
    }
}
