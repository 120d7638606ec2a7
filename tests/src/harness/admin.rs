use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::variable;

/// The superuser of the Postgres under test: sees all rows, and can break things on purpose.
pub(crate) struct Admin(PgConnection);

impl Admin {
    /// Connects to a database of the server.
    pub(crate) async fn of(database: &str) -> Self {
        let url = variable("DATABASE_URL");
        let (server, _) = url.rsplit_once('/').expect("DATABASE_URL names a database");
        Self::at(&format!("{server}/{database}")).await
    }

    /// Connects to any address, as whoever it names.
    pub(crate) async fn at(url: &str) -> Self {
        Self(PgConnection::connect(url).await.expect("the Postgres of the tests answers"))
    }

    pub(crate) async fn run(&mut self, sql: impl Into<String>) {
        self.try_run(sql).await.expect("the statement runs");
    }

    pub(crate) async fn try_run(&mut self, sql: impl Into<String>) -> Result<(), sqlx::Error> {
        self.0.execute(sqlx::raw_sql(AssertSqlSafe(sql.into()))).await.map(drop)
    }

    pub(crate) async fn count(&mut self, sql: impl Into<String>) -> i64 {
        self.try_count(sql).await.expect("the count runs")
    }

    /// Reads a column of names.
    pub(crate) async fn names(&mut self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut self.0).await.expect("the query runs")
    }

    pub(crate) async fn try_count(&mut self, sql: impl Into<String>) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(AssertSqlSafe(sql.into())).fetch_one(&mut self.0).await
    }
}
