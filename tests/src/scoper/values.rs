//! Values: bound in order, of one kind or another, never part of the text.

use tenancy_core::ErrorKind;
use tenancy_sqlx::Sql;

use super::world::{Line, World, line, on_both};

on_both!(
    values_are_bound_by_number,
    a_number_may_stand_twice,
    too_few_and_too_many,
    a_text_that_holds_sql_stays_a_text,
    a_text_with_nul,
    one_text_with_values_of_several_kinds,
    nulls,
    a_thousand_parameters,
);

mod mysql {
    super::on_both!(@ MySql: values_are_bound_by_number, a_number_may_stand_twice, too_few_and_too_many, a_text_that_holds_sql_stays_a_text, a_text_with_nul, a_thousand_parameters);
}

async fn values_are_bound_by_number(world: &World) {
    let rows = world
        .db
        .read(world.a)
        .sql("SELECT id, name AS word FROM customers WHERE name = $2 OR id = $1 ORDER BY id LIMIT $3")
        .bind(2)
        .bind("a3")
        .bind(5)
        .fetch_all_as::<Line>()
        .await
        .expect("rows");
    assert_eq!(rows, [line(2, "a2"), line(3, "a3")]);
}

async fn a_number_may_stand_twice(world: &World) {
    let sql = "SELECT id, name AS word FROM customers WHERE id >= $1 AND id <= $1";
    for tenant in [world.a, world.b] {
        let rows = world.db.read(tenant).sql(sql).bind(2).fetch_all_as::<Line>().await;
        assert_eq!(rows.expect("rows").len(), 1);
    }
}

async fn too_few_and_too_many(world: &World) {
    let sql = "UPDATE customers SET name = $1 WHERE id = $2";
    let before = world.all_of(world.a).await;
    let mut tx = world.db.tenant(world.a);
    let none = tx.sql(sql).execute().await.expect_err("refused");
    let one = tx.sql(sql).bind("x").execute().await.expect_err("refused");
    let three = tx.sql(sql).bind("x").bind(1).bind(world.b).execute().await.expect_err("refused");
    for (error, words) in [(none, "2 values, 0"), (one, "2 values, 1"), (three, "2 values, 3")] {
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.message().contains(words), "{error}");
    }
    let flood = (0..70_000).fold(tx.sql(sql), Sql::bind);
    assert_eq!(flood.execute().await.expect_err("refused").kind(), ErrorKind::Misconfigured);
    tx.commit().await.expect("nothing was sent");
    assert_eq!(world.all_of(world.a).await, before);
}

async fn a_text_that_holds_sql_stays_a_text(world: &World) {
    let text = "x' OR '1'='1'; DROP TABLE customers; -- $1 ? \u{1F980}\\";
    let mut tx = world.db.tenant(world.a);
    tx.sql("UPDATE customers SET name = $1 WHERE id = 1").bind(text).execute().await.expect("set");
    tx.commit().await.expect("committed");
    let rows = world
        .db
        .read(world.a)
        .sql("SELECT id, name AS word FROM customers WHERE name = $1")
        .bind(text)
        .fetch_all_as::<Line>()
        .await;
    assert_eq!(rows.expect("rows"), [line(1, text)]);
    assert_eq!(world.all_of(world.b).await.0.len(), 3);
}

async fn a_text_with_nul(world: &World) {
    let before = (world.all_of(world.a).await, world.all_of(world.b).await);
    let mut tx = world.db.tenant(world.a);
    let error = tx
        .sql("UPDATE customers SET currency = $1, name = $2 WHERE id = 1")
        .bind("x")
        .bind("a\0b")
        .execute()
        .await
        .expect_err("refused");
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("$2")));
    tx.commit().await.expect("nothing was sent");
    assert_eq!((world.all_of(world.a).await, world.all_of(world.b).await), before);
}

/// A connection types a prepared statement once: other kinds must not be read as the first.
async fn one_text_with_values_of_several_kinds(world: &World) {
    #[derive(Debug, tenancy_sqlx::FromTenantRow)]
    struct Number {
        word: i64,
    }
    #[derive(Debug, tenancy_sqlx::FromTenantRow)]
    struct Fraction {
        word: f64,
    }
    let sql = "SELECT $1 AS word, id FROM customers WHERE id = 1";
    let mut tx = world.db.tenant(world.a);
    for round in 0..3 {
        let number = tx.sql(sql).bind(7).fetch_one_as::<Number>().await.expect("a number");
        assert_eq!(number.word, 7, "round {round}");
        let fraction = tx.sql(sql).bind(0.5).fetch_one_as::<Fraction>().await.expect("a fraction");
        assert!((fraction.word - 0.5).abs() < f64::EPSILON, "round {round}");
        let text = tx.sql(sql).bind("seven").fetch_one_as::<Line>().await.expect("a text");
        assert_eq!(text, line(1, "seven"), "round {round}");
    }
    drop(tx);
    let none = world.db.read(world.b).sql(sql).bind("b").fetch_one_as::<Line>().await;
    assert_eq!(none.expect("a text"), line(1, "b"));
}

async fn nulls(world: &World) {
    let rows = world
        .db
        .read(world.a)
        .sql("SELECT id, $1 AS word FROM customers WHERE id = coalesce($2, 3)")
        .bind(None::<String>)
        .bind(None::<i64>)
        .fetch_all_as::<Line>()
        .await
        .expect("rows");
    assert_eq!(rows, [Line { id: Some(3), word: None }]);
    assert_eq!(world.all_of(world.b).await.0.len(), 3);
}

async fn a_thousand_parameters(world: &World) {
    let marks: Vec<_> = (1..=1_000).map(|at| format!("${at}")).collect();
    let sql = format!("SELECT id, name AS word FROM customers WHERE id IN ({})", marks.join(", "));
    let sql: &'static str = sql.leak();
    let mut tx = world.db.read(world.a);
    let bound = (1..=1_000).fold(tx.sql(sql), Sql::bind);
    assert_eq!(bound.fetch_all_as::<Line>().await.expect("rows").len(), 3);
}
