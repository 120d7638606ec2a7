use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use tenancy_core::TenantId;
use tenancy_sqlx::{SealKey, TenantDb, TenantDbOptions};

use crate::harness::{Database, Engine, Link, NOTES, address, two_tenants, variable, write_note};

pub(super) fn key(version: u32) -> SealKey {
    let secret = [u8::try_from(version).expect("a small version"); 32];
    SealKey::new(version, &secret).expect("a key")
}

/// A database whose owner is not the role of the tests. The owner makes the places of tenants.
pub(super) struct Sealed {
    pub(super) database: Database,
    /// Knows the first key.
    pub(super) provider: TenantDb,
    owner: String,
    pub(super) owner_url: String,
}

impl Sealed {
    pub(super) async fn create(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let (name, owner) = (database.name(), format!("{}_owner", database.name()));
        let mut admin = database.admin().await;
        admin.run(format!("CREATE ROLE {owner} LOGIN CREATEDB PASSWORD 'x'")).await;
        admin.run(format!("ALTER DATABASE {name} OWNER TO {owner}")).await;
        let server = address(&variable("DATABASE_URL"));
        let owner_url = format!("postgres://{owner}:x@{server}/{name}");
        let options = database.options().sealed(key(1)).service_role("tenancy_test");
        let provider = options.connect(&owner_url).await.expect("it answers");
        provider.migrate(&[NOTES]).await.expect("migrated");
        Self { database, provider, owner, owner_url }
    }

    pub(super) async fn owner(&self, key: SealKey) -> TenantDb {
        let options = self.database.options().sealed(key).service_role("tenancy_test");
        options.connect(&self.owner_url).await.expect("it answers")
    }

    pub(super) fn owner_role(&self) -> &str {
        &self.owner
    }

    /// A service with one connection.
    pub(super) async fn service(&self, key: SealKey) -> TenantDb {
        self.connect(self.options(key), self.database.url()).await
    }

    /// The same over a link that adds 5 ms to a round trip.
    pub(super) async fn slow_service(&self, key: SealKey) -> (TenantDb, Link) {
        let server = address(self.database.url());
        let link = Link::to(server.clone(), Duration::from_micros(2_500)).await;
        let url = self.database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
        let options = self.options(key).acquire_timeout(Duration::from_secs(20));
        (self.connect(options, &url).await, link)
    }

    fn options(&self, key: SealKey) -> TenantDbOptions {
        self.database.options().sealed(key).max_connections(1)
    }

    async fn connect(&self, options: TenantDbOptions, url: &str) -> TenantDb {
        let db = options.connect(url).await.expect("it answers");
        self.database.places(db, self.provider.clone(), &[NOTES])
    }

    pub(super) async fn end(self) {
        self.provider.close().await;
        self.database.drop_places().await;
        let (name, owner) = (self.database.name().to_owned(), self.owner);
        let mut admin = self.database.admin().await;
        admin
            .run(format!(
                "ALTER DATABASE {name} OWNER TO CURRENT_USER; DROP OWNED BY {owner} CASCADE;
                 DROP ROLE {owner}"
            ))
            .await;
    }
}

pub(super) async fn two_notes(db: &TenantDb) -> (TenantId, TenantId) {
    let (a, b) = two_tenants();
    write_note(db, a, 1).await;
    write_note(db, b, 2).await;
    (a, b)
}

/// What injected SQL would do to become the tenant `victim`, and to get out of its own.
pub(super) fn attacks(victim: TenantId) -> Vec<String> {
    vec![
        format!("SET LOCAL tenancy.tenant_id = '{victim}'"),
        format!("SET tenancy.tenant_id = '{victim}'"),
        format!("SELECT set_config('tenancy.tenant_id', '{victim}', true)"),
        format!("SELECT set_config('tenancy.tenant_id', '{victim}', false)"),
        "RESET tenancy.tenant_id".to_owned(),
        "RESET ALL".to_owned(),
        "SET LOCAL tenancy.seal = ''".to_owned(),
        "RESET tenancy.seal".to_owned(),
        format!("SET LOCAL tenancy.seal = '1:{}'", "0".repeat(64)),
        "SET LOCAL tenancy.seal = 'x:y:z'".to_owned(),
        // Out of the transaction, and into another one.
        "COMMIT; BEGIN".to_owned(),
        format!("COMMIT; BEGIN; SET LOCAL tenancy.tenant_id = '{victim}'"),
        "COMMIT AND CHAIN".to_owned(),
    ]
}

pub(super) async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

pub(super) async fn tenants_seen(connection: &mut PgConnection) -> Vec<TenantId> {
    tenants_in(connection, "notes").await
}

pub(super) async fn tenants_in(connection: &mut PgConnection, table: &str) -> Vec<TenantId> {
    let sql = AssertSqlSafe(format!("SELECT tenant_id FROM {table}"));
    let rows = sqlx::raw_sql(sql).fetch_all(connection).await.expect("a query");
    rows.iter().map(|row| TenantId::from_uuid(row.get(0)).expect("a tenant")).collect()
}

pub(super) async fn text(connection: &mut PgConnection, sql: &str) -> String {
    sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_one(connection)
        .await
        .expect("a text")
}
