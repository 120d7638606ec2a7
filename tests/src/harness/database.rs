use std::sync::Arc;

use tempfile::TempDir;
use tenancy_core::{Error, Placement, Tenant, TenantId};
use tenancy_sqlx::{Migration, TenantDb, TenantDbOptions};
use uuid::Uuid;

use super::places::{Places, Tenants};
use super::{Admin, MySqlAdmin, NOTES, Note, address, variable};

/// How a test's database is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file.
    Sqlite,
    /// One connection, one database in it.
    SqliteMemory,
    Postgres,
    MySql,
    /// Postgres behind a pooler in transaction mode.
    PgBouncer,
    /// Each tenant in a file of its own.
    SqliteDatabases,
    /// Each tenant in a schema of its own.
    PostgresSchemas,
    /// Each tenant in a database of its own.
    PostgresDatabases,
    MySqlDatabases,
    /// Tenants in shared tables, schemas and databases, in turn.
    PostgresMixed,
    PgBouncerSchemas,
    PgBouncerMixed,
}

impl Engine {
    pub(crate) fn is_on_mysql(self) -> bool {
        matches!(self, Self::MySql | Self::MySqlDatabases)
    }

    pub(crate) fn is_behind_pooler(self) -> bool {
        matches!(self, Self::PgBouncer | Self::PgBouncerSchemas | Self::PgBouncerMixed)
    }

    /// Where tenants are, unless in shared tables.
    fn placements(self) -> &'static [Placement] {
        const ALL: [Placement; 3] = [Placement::row(), Placement::schema(), Placement::database()];
        match self {
            Self::Sqlite | Self::SqliteMemory | Self::Postgres | Self::MySql | Self::PgBouncer => {
                &[]
            }
            Self::PostgresSchemas | Self::PgBouncerSchemas => const { &[Placement::schema()] },
            Self::SqliteDatabases | Self::PostgresDatabases | Self::MySqlDatabases => {
                const { &[Placement::database()] }
            }
            Self::PostgresMixed | Self::PgBouncerMixed => const { &ALL },
        }
    }
}

/// A database of one test, gone when dropped.
pub(crate) struct Database {
    engine: Engine,
    url: String,
    name: String,
    tenants: Arc<Tenants>,
    _folder: Option<TempDir>,
}

impl Database {
    pub(crate) async fn create(engine: Engine) -> Self {
        let name = format!("t_{}", Uuid::now_v7().as_simple());
        let (url, folder) = match engine {
            Engine::Sqlite | Engine::SqliteDatabases => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let file = folder.path().join("test.db");
                (format!("sqlite://{}?mode=rwc", file.display()), Some(folder))
            }
            Engine::SqliteMemory => ("sqlite::memory:".to_owned(), None),
            Engine::MySql | Engine::MySqlDatabases => {
                create_on_mysql(&name).await;
                (Self::url_of(engine, &name), None)
            }
            _ => {
                create_on_postgres(&name).await;
                (Self::url_of(engine, &name), None)
            }
        };
        let tenants = Arc::new(Tenants::default());
        Self { engine, url, name, tenants, _folder: folder }
    }

    fn url_of(engine: Engine, name: &str) -> String {
        if engine.is_behind_pooler() {
            return format!("{}/{name}", variable("PGBOUNCER_URL").trim_end_matches('/'));
        }
        let (scheme, server) = match engine {
            _ if engine.is_on_mysql() => ("mysql", "MYSQL_URL"),
            _ => ("postgres", "DATABASE_URL"),
        };
        let host = address(&variable(server));
        format!("{scheme}://tenancy_test:tenancy_test@{host}/{name}")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Past the pooler, if there is one.
    pub(crate) fn direct_url(&self) -> String {
        if self.engine.is_behind_pooler() {
            return Self::url_of(Engine::Postgres, &self.name);
        }
        self.url.clone()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Options that suit the engine, with the notes registered.
    pub(crate) fn options(&self) -> TenantDbOptions {
        self.bare_options().register::<Note>()
    }

    /// Options that suit the engine, with nothing registered.
    pub(crate) fn bare_options(&self) -> TenantDbOptions {
        let options = TenantDb::options();
        if self.engine.is_behind_pooler() { options.without_prepared_statements() } else { options }
    }

    pub(crate) async fn open(&self, options: TenantDbOptions) -> Result<TenantDb, Error> {
        self.open_with(options, &[NOTES]).await
    }

    /// Opens it with other tables, in every place.
    pub(crate) async fn open_with(
        &self,
        options: TenantDbOptions,
        migrations: &'static [Migration],
    ) -> Result<TenantDb, Error> {
        let db = options.connect(&self.url).await?;
        db.migrate(migrations).await?;
        Ok(self.places(db.clone(), db, migrations))
    }

    /// Lets `db` find tenants where this engine places them; `owner` makes what is not there.
    pub(crate) fn places(
        &self,
        db: TenantDb,
        owner: TenantDb,
        migrations: &'static [Migration],
    ) -> TenantDb {
        let placements = self.engine.placements();
        if placements.is_empty() {
            return db;
        }
        let tenants = self.tenants.clone();
        db.with_directory(Arc::new(Places { db: owner, placements, migrations, tenants }))
    }

    /// Opens it with the table of notes.
    pub(crate) async fn notes(&self) -> TenantDb {
        self.open(self.options()).await.expect("the database opens")
    }

    pub(crate) async fn admin(&self) -> Admin {
        Admin::of(&self.name).await
    }

    /// Drops the databases of tenants on Postgres, before their owner goes.
    pub(crate) async fn drop_places(&self) {
        let mut admin = Admin::of("postgres").await;
        for tenant in self.tenants.lock().await.keys() {
            let name = Self::name_of(*tenant);
            admin.run(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }

    pub(crate) async fn mysql_admin(&self) -> MySqlAdmin {
        MySqlAdmin::of(&self.name).await
    }

    /// The database that a tenant has to itself on Postgres.
    pub(crate) fn name_of(tenant: TenantId) -> String {
        format!("t_{}", tenant.uuid().as_simple())
    }

    /// Remembers a tenant whose database shall be gone with this one.
    pub(crate) async fn owns(&self, tenant: &Tenant) {
        self.tenants.lock().await.insert(tenant.id(), Arc::new(tenant.clone()));
    }
}

async fn create_on_mysql(name: &str) {
    let mut admin = MySqlAdmin::of("mysql").await;
    admin
        .run(format!(
            "CREATE USER IF NOT EXISTS tenancy_test@'%' IDENTIFIED BY 'tenancy_test';
             CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
             GRANT ALL ON {name}.* TO tenancy_test@'%';
             GRANT ALL ON `t\\_%`.* TO tenancy_test@'%'"
        ))
        .await;
}

async fn create_on_postgres(name: &str) {
    let mut admin = Admin::of("postgres").await;
    // Tests start together: one of them makes the role.
    admin
        .run(
            "DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenancy_test') THEN
                    CREATE ROLE tenancy_test LOGIN PASSWORD 'tenancy_test'
                        NOSUPERUSER NOBYPASSRLS CREATEDB;
                ELSIF NOT (SELECT rolcreatedb FROM pg_roles WHERE rolname = 'tenancy_test') THEN
                    ALTER ROLE tenancy_test CREATEDB;
                END IF;
             EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN NULL;
             END $$",
        )
        .await;
    admin.run(format!("CREATE DATABASE {name} OWNER tenancy_test")).await;
}

async fn drop_on_mysql(name: &str, tenants: &[String]) {
    let mut admin = MySqlAdmin::of("mysql").await;
    // A pool that was not closed may hold a transaction, for which the drop would wait.
    for name in tenants.iter().map(String::as_str).chain([name]) {
        for id in admin.connections_to(name).await {
            // It may have ended meanwhile.
            let _ = admin.try_run(format!("KILL {id}")).await;
        }
    }
    for tenant in tenants {
        admin.run(format!("DROP DATABASE IF EXISTS {tenant}")).await;
    }
    let revoke = format!("REVOKE ALL ON {name}.* FROM tenancy_test@'%'");
    admin.run(format!("DROP DATABASE {name}; {revoke}")).await;
}

impl Drop for Database {
    fn drop(&mut self) {
        let engine = self.engine;
        if matches!(engine, Engine::Sqlite | Engine::SqliteMemory | Engine::SqliteDatabases) {
            return;
        }
        let name = self.name.clone();
        let tenants: Vec<_> = match self.tenants.try_lock() {
            Ok(tenants) => tenants.keys().map(|tenant| Self::name_of(*tenant)).collect(),
            Err(_) => Vec::new(),
        };
        let drop = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                if engine.is_on_mysql() {
                    return drop_on_mysql(&name, &tenants).await;
                }
                let mut admin = Admin::of("postgres").await;
                for name in tenants.iter().chain([&name]) {
                    admin.run(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
                }
            });
        });
        // A panic in here would hide the test's own.
        if drop.join().is_err() {
            eprintln!("the database {} was left behind", self.name);
        }
    }
}
