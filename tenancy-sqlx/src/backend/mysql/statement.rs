use sqlx::SqlStr;
use sqlx::mysql::{MySqlConnection, MySqlRow};
use tenancy_core::entity::Value;

use super::codec::bind;
use super::marks::Positional;

pub(in crate::backend) async fn execute(
    connection: &mut MySqlConnection,
    sql: SqlStr,
    values: Vec<Value>,
) -> sqlx::Result<u64> {
    let Positional { sql, order } = Positional::of(sql, values.len())?;
    let query = sqlx::query_with(sql, bind(&values, &order)?);
    // Rows that matched, changed or not: sqlx asks for that.
    Ok(query.execute(connection).await?.rows_affected())
}

pub(in crate::backend) async fn fetch(
    connection: &mut MySqlConnection,
    sql: SqlStr,
    values: Vec<Value>,
) -> sqlx::Result<Vec<MySqlRow>> {
    let Positional { sql, order } = Positional::of(sql, values.len())?;
    sqlx::query_with(sql, bind(&values, &order)?).fetch_all(connection).await
}
