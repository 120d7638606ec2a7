use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tenancy_core::TenantId;
use uuid::Uuid;

/// Owns the database, and is bound by row-level security all the same.
pub(crate) const ROLE: &str = "tenancy_bench";
/// Owns nothing.
pub(crate) const SERVICE: &str = "tenancy_bench_service";

const ROLES: &str = "DO $$ BEGIN
        CREATE ROLE tenancy_bench LOGIN CREATEDB PASSWORD 'tenancy_bench' NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    ALTER ROLE tenancy_bench CREATEDB;
    DO $$ BEGIN
        CREATE ROLE tenancy_bench_service LOGIN PASSWORD 'tenancy_bench_service'
            NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object THEN NULL; END $$";

/// A database of its own, with plain roles as applications have them.
pub(crate) struct Database {
    name: String,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let name = format!("bench_{}", Uuid::now_v7().as_simple());
        let mut admin = admin("postgres").await;
        run(&mut admin, ROLES).await;
        run(&mut admin, &format!("CREATE DATABASE {name} OWNER {ROLE}")).await;
        Self { name }
    }

    /// Its address for a role.
    pub(crate) fn url(&self, role: &str) -> String {
        format!("postgres://{role}:{role}@{}/{}", host(), self.name)
    }

    /// Its address for the superuser.
    pub(crate) fn admin_url(&self) -> String {
        let url = server();
        let (server, _) = url.rsplit_once('/').expect("it names a database");
        format!("{server}/{}", self.name)
    }

    /// The same address over a link.
    pub(crate) fn url_over(&self, port: u16, role: &str) -> String {
        self.url(role).replace(&host(), &format!("127.0.0.1:{port}"))
    }

    /// The superuser in it, whom no policy binds.
    pub(crate) async fn admin(&self) -> PgConnection {
        connect(&self.admin_url()).await
    }

    pub(crate) async fn drop(self, of_tenants: &[TenantId]) {
        let mut admin = admin("postgres").await;
        let tenants = of_tenants.iter().map(|tenant| format!("t_{}", tenant.uuid().as_simple()));
        for name in tenants.chain([self.name]) {
            run(&mut admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

fn server() -> String {
    std::env::var("DATABASE_URL").expect("DATABASE_URL is set: start with benches/run")
}

/// The host and port of the server of the benches.
pub(crate) fn host() -> String {
    let url = server();
    let (_, rest) = url.split_once("://").expect("a URL");
    let (authority, _) = rest.split_once('/').expect("it names a database");
    authority.rsplit('@').next().unwrap_or(authority).to_owned()
}

async fn admin(database: &str) -> PgConnection {
    let url = server();
    let (server, _) = url.rsplit_once('/').expect("it names a database");
    connect(&format!("{server}/{database}")).await
}

pub(crate) async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("it answers")
}

pub(crate) async fn run(connection: &mut PgConnection, sql: &str) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.expect("it runs");
}
