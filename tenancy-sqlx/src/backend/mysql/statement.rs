use sqlx::SqlStr;
use sqlx::mysql::MySqlConnection;
use tenancy_core::Error;
use tenancy_core::entity::{Row, Value};

use super::codec::bind;
use super::marks::Positional;
use crate::backend::rows::Rows;

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

pub(in crate::backend) async fn fetch<T: Send, R>(
    connection: &mut MySqlConnection,
    sql: SqlStr,
    values: Vec<Value>,
    rows: &mut Rows<'_, T, R>,
) -> sqlx::Result<()>
where
    R: Fn(&mut dyn Row) -> Result<T, Error> + Sync,
{
    let Positional { sql, order } = Positional::of(sql, values.len())?;
    sqlx::query_with(sql, bind(&values, &order)?)
        .map(|row| rows.add::<sqlx::MySql>(&row))
        .fetch_all(connection)
        .await
        .map(drop)
}
