use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};
use tenancy_core::TenantId;
use tenancy_sqlx::TenantDb;

use super::schema::{Schema, integers, options};
use super::trial::Pair as Trial;
use crate::harness::{Database, Engine};

/// One file for all tenants, and one in memory for each of them alone.
pub(super) struct Pair {
    scoped: TenantDb,
    all: SqliteConnection,
    alone: Vec<SqliteConnection>,
    dump: String,
    _database: Database,
}

impl Pair {
    pub(super) async fn new(schema: &Schema) -> Self {
        let database = Database::create(Engine::Sqlite).await;
        let scoped = options().connect(database.url()).await.expect("the file opens");
        let tables = |column: &str| format!("{column} BLOB NOT NULL");
        scoped.migrate(&[schema.migration(tables)]).await.expect("the tables are made");
        let blob = |tenant: usize| blob(schema.tenants[tenant]);
        let mut all = SqliteConnection::connect(database.url()).await.expect("the file opens");
        run(&mut all, schema.inserts(|tenant| Some(blob(tenant)))).await;
        let mut alone = Vec::new();
        for tenant in 0..3 {
            let mut connection =
                SqliteConnection::connect("sqlite::memory:").await.expect("memory opens");
            for table in &schema.tables {
                let columns = integers(&table.columns);
                let sql = format!(
                    "CREATE TABLE {} ({} BLOB NOT NULL DEFAULT {}, id bigint NOT NULL, \
                     {columns}PRIMARY KEY ({}, id))",
                    table.name,
                    table.tenant,
                    blob(tenant),
                    table.tenant,
                );
                run(&mut connection, sql).await;
            }
            run(&mut connection, schema.inserts(|of| (of == tenant).then(|| blob(of)))).await;
            alone.push(connection);
        }
        let dumps: Vec<_> = schema
            .tables
            .iter()
            .map(|table| {
                let values: Vec<_> =
                    table.columns.iter().map(|column| format!("quote({column})")).collect();
                let (name, tenant) = (table.name, table.tenant);
                format!(
                    "SELECT '{name} ' || hex({tenant}) || {} AS row FROM {name}",
                    values.join(" || ',' || ")
                )
            })
            .collect();
        let dump = dumps.join(" UNION ALL ");
        Self { scoped, all, alone, dump, _database: database }
    }
}

impl Trial for Pair {
    fn scoped(&self) -> &TenantDb {
        &self.scoped
    }

    async fn bare(
        &mut self,
        tenant: usize,
        sql: &str,
        values: [i64; 3],
        parameters: usize,
    ) -> Result<Vec<String>, sqlx::Error> {
        let mut query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        for value in &values[..parameters] {
            query = query.bind(value);
        }
        query.persistent(false).fetch_all(&mut self.alone[tenant]).await
    }

    async fn everything(&mut self) -> (Vec<String>, Vec<String>) {
        let mut apart = Vec::new();
        for connection in &mut self.alone {
            apart.extend(rows(connection, &self.dump).await);
        }
        let mut together = rows(&mut self.all, &self.dump).await;
        together.sort();
        apart.sort();
        (together, apart)
    }

    async fn close(self) {
        self.scoped.close().await;
    }
}

async fn rows(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
    query.fetch_all(connection).await.expect("a dump")
}

async fn run(connection: &mut SqliteConnection, sql: String) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("the statement runs");
}

fn blob(tenant: TenantId) -> String {
    format!("x'{}'", tenant.uuid().as_simple())
}
