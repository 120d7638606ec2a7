use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tenancy_core::TenantId;
use tenancy_sqlx::TenantDb;

use super::schema::{Schema, options};
use super::trial::Pair as Trial;
use crate::harness::{Database, Engine, variable};

/// One database without row-level security, one with it.
pub(super) struct Pair {
    scoped: TenantDb,
    /// As the superuser, who sees all rows.
    unguarded: PgConnection,
    /// As the application's role, which row-level security binds.
    bare: PgConnection,
    guarded: PgConnection,
    tenants: [TenantId; 3],
    dump: String,
    databases: [Database; 2],
}

impl Pair {
    pub(super) async fn new(schema: &Schema) -> Self {
        let databases =
            [Database::create(Engine::Postgres).await, Database::create(Engine::Postgres).await];
        let scoped = open(&databases[0], schema, |column| format!("{column} uuid NOT NULL")).await;
        // The bare INSERT names no tenant either.
        let guarded = open(&databases[1], schema, |column| {
            format!(
                "{column} uuid NOT NULL \
                 DEFAULT NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid"
            )
        })
        .await;
        guarded.close().await;
        let mut unguarded = superuser(databases[0].name()).await;
        let mut guarded = superuser(databases[1].name()).await;
        let rows = schema.inserts(|tenant| Some(format!("'{}'", schema.tenants[tenant])));
        for connection in [&mut unguarded, &mut guarded] {
            run(connection, rows.clone()).await;
        }
        for table in &schema.tables {
            let name = table.name;
            let off = format!(
                "ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;
                 ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"
            );
            run(&mut unguarded, off).await;
        }
        let bare = PgConnection::connect(databases[1].url()).await.expect("the role connects");
        let dumps: Vec<_> = schema
            .tables
            .iter()
            .map(|table| {
                format!("SELECT '{0} ' || row_to_json({0})::text AS row FROM {0}", table.name)
            })
            .collect();
        let dump = format!("{} ORDER BY 1", dumps.join(" UNION ALL "));
        Self { scoped, unguarded, bare, guarded, tenants: schema.tenants, dump, databases }
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
        let begin = format!("BEGIN; SET LOCAL tenancy.tenant_id = '{}'", self.tenants[tenant]);
        run(&mut self.bare, begin).await;
        let mut query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        for value in &values[..parameters] {
            query = query.bind(value);
        }
        let rows = query.persistent(false).fetch_all(&mut self.bare).await;
        run(&mut self.bare, "COMMIT".to_owned()).await;
        rows
    }

    async fn everything(&mut self) -> (Vec<String>, Vec<String>) {
        let dump = || sqlx::query_scalar(AssertSqlSafe(self.dump.clone()));
        (
            dump().fetch_all(&mut self.unguarded).await.expect("a dump"),
            dump().fetch_all(&mut self.guarded).await.expect("a dump"),
        )
    }

    async fn close(self) {
        self.scoped.close().await;
        drop(self.databases);
    }
}

/// Makes the tables; they are protected until a transaction has found them so.
async fn open(database: &Database, schema: &Schema, tenant: impl Fn(&str) -> String) -> TenantDb {
    let db = options().connect(database.url()).await.expect("the database opens");
    db.migrate(&[schema.migration(tenant)]).await.expect("the tables are made");
    let mut tx = db.tenant(schema.tenants[0]);
    tx.sql("DELETE FROM alpha").execute().await.expect("a first transaction");
    tx.commit().await.expect("committed");
    db
}

async fn superuser(database: &str) -> PgConnection {
    let url = variable("DATABASE_URL");
    let (server, _) = url.rsplit_once('/').expect("DATABASE_URL names a database");
    PgConnection::connect(&format!("{server}/{database}")).await.expect("the superuser connects")
}

async fn run(connection: &mut PgConnection, sql: String) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("the statement runs");
}
