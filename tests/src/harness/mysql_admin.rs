use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection};

use super::variable;

/// The administrator of the MariaDB under test: sees all rows, and can break things on purpose.
pub(crate) struct MySqlAdmin(MySqlConnection);

impl MySqlAdmin {
    /// Connects to a database of the server.
    pub(crate) async fn of(database: &str) -> Self {
        let url = variable("MYSQL_URL");
        let (server, _) = url.rsplit_once('/').expect("MYSQL_URL names a database");
        Self::at(&format!("{server}/{database}")).await
    }

    /// Connects to any address, as whoever it names.
    pub(crate) async fn at(url: &str) -> Self {
        Self(MySqlConnection::connect(url).await.expect("the MariaDB of the tests answers"))
    }

    pub(crate) async fn run(&mut self, sql: impl Into<String>) {
        self.try_run(sql).await.expect("the statement runs");
    }

    /// The ids of the connections that use a database.
    pub(crate) async fn connections_to(&mut self, database: &str) -> Vec<u64> {
        let sql = "SELECT CAST(id AS UNSIGNED) FROM information_schema.processlist WHERE db = ?";
        let ids = sqlx::query_scalar(sql).bind(database).fetch_all(&mut self.0).await;
        ids.expect("the list of connections")
    }

    /// The id of this connection.
    pub(crate) async fn own_id(&mut self) -> u64 {
        sqlx::query_scalar("SELECT connection_id()").fetch_one(&mut self.0).await.expect("an id")
    }

    pub(crate) async fn try_run(&mut self, sql: impl Into<String>) -> Result<(), sqlx::Error> {
        self.0.execute(sqlx::raw_sql(AssertSqlSafe(sql.into()))).await.map(drop)
    }
}
