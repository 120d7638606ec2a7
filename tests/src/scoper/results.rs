//! Results: read by name, one or many, and never another tenant's.

use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::FromTenantRow;

use super::world::{Customer, Line, World, line, on_both};
use crate::harness::Engine;

on_both!(
    columns_are_found_by_name,
    missing_and_double_columns,
    sums_of_integers,
    one_row_or_none,
    a_foreign_row_is_an_error,
    a_failed_statement_spoils_the_transaction,
);

mod mysql {
    super::on_both!(@ MySql: columns_are_found_by_name, missing_and_double_columns, sums_of_integers, one_row_or_none, a_failed_statement_spoils_the_transaction);
}

/// Another order than the table's, other names, a column less.
#[derive(Debug, PartialEq, FromTenantRow)]
struct Renamed {
    #[tenant(column = "currency")]
    money: String,
    name: String,
    id: i64,
}

async fn columns_are_found_by_name(world: &World) {
    let rows = world.read::<Renamed>("SELECT * FROM customers WHERE id = 1").await;
    assert_eq!(rows, [Renamed { money: "EUR".into(), name: "a1".into(), id: 1 }]);
    let rows = world
        .read::<Customer>(
            "SELECT currency, NAME, tenant_id, id AS \"ID\" FROM customers WHERE id = 2",
        )
        .await;
    assert_eq!((rows[0].id, rows[0].tenant_id, rows[0].name.as_str()), (2, world.a, "a2"));
}

async fn missing_and_double_columns(world: &World) {
    for (sql, words) in [
        ("SELECT id FROM customers", "\"word\" of a result: there is none"),
        (
            "SELECT c.id, i.id, c.name AS word FROM customers c JOIN invoices i ON c.id = i.id",
            "\"id\" of a result: two have this name",
        ),
    ] {
        for tenant in [world.a, world.b] {
            let error = world.db.read(tenant).sql(sql).fetch_all_as::<Line>().await;
            let error = error.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Misconfigured);
            assert!(error.message().contains(words), "{error}");
        }
    }
}

async fn sums_of_integers(world: &World) {
    let sums = world
        .read::<Line>("SELECT sum(total_minor) AS id, status AS word FROM invoices GROUP BY status ORDER BY status")
        .await;
    assert_eq!(sums, [line(80, "open"), line(20, "paid")]);
}

async fn one_row_or_none(world: &World) {
    let by_id = "SELECT id, name AS word FROM customers WHERE id = $1";
    let mut tx = world.db.read(world.b);
    assert_eq!(tx.sql(by_id).bind(1).fetch_one_as::<Line>().await.expect("a row"), line(1, "b1"));
    assert_eq!(tx.sql(by_id).bind(9).fetch_optional_as::<Line>().await.expect("none"), None);
    let none = tx.sql(by_id).bind(9).fetch_one_as::<Line>().await.expect_err("none");
    assert_eq!(none.kind(), ErrorKind::NotFound);
    let all = "SELECT id, name AS word FROM customers";
    let many = tx.sql(all).fetch_optional_as::<Line>().await.expect_err("three");
    assert_eq!(many.kind(), ErrorKind::Internal);
}

#[derive(Debug, FromTenantRow)]
struct Owned {
    #[expect(dead_code, reason = "it is never reached")]
    tenant_id: TenantId,
}

/// The layer behind the predicate: a row that names another tenant does not come out.
async fn a_foreign_row_is_an_error(world: &World) {
    let mut tx = world.db.tenant(world.a);
    let error = tx
        .sql("SELECT $1 AS tenant_id, name FROM customers WHERE id = 1")
        .bind(world.b)
        .fetch_all_as::<Owned>()
        .await
        .expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::ForeignTenant);
    assert!(!format!("{error:?}").contains(&world.b.to_string()), "no other tenant's id");
    tx.commit().await.expect_err("such a transaction does not commit");
}

async fn a_failed_statement_spoils_the_transaction(world: &World) {
    let before = (world.all_of(world.a).await, world.all_of(world.b).await);
    let mut tx = world.db.tenant(world.a);
    tx.sql("DELETE FROM invoices").execute().await.expect("deleted");
    let taken = "INSERT INTO customers (id, name, currency) VALUES (1, 'x', 'x')";
    let error = tx.sql(taken).execute().await.expect_err("the key is taken");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    tx.sql(taken).execute().await.expect_err("it takes no more");
    tx.commit().await.expect_err("nor does it commit");
    assert_eq!((world.all_of(world.a).await, world.all_of(world.b).await), before);
}

/// The predicate and row-level security together: what the library does in production.
#[tokio::test]
async fn works_with_row_level_security_on() {
    let world = World::on(Engine::Postgres).await;
    let mut admin = world.database.admin().await;
    for table in ["customers", "invoices"] {
        admin.run(format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")).await;
        admin.run(format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY")).await;
    }
    let upsert = "INSERT INTO customers (id, name, currency) VALUES (1, 'x', 'x'), (5, 'y', 'y')
                  ON CONFLICT (id) DO UPDATE SET name = excluded.name";
    assert_eq!(world.write(upsert).await, 2);
    assert_eq!(world.write("UPDATE customers SET name = name || '!'").await, 4);
    assert_eq!(world.write("DELETE FROM invoices").await, 4);
    let (customers, invoices) = world.all_of(world.b).await;
    assert_eq!((customers.len(), invoices.len()), (3, 4));
    assert!(customers.iter().all(|customer| customer.name.starts_with('b')));
    world.db.close().await;
}
