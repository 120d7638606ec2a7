use tempfile::TempDir;
use tenancy_core::Error;
use tenancy_sqlx::{TenantDb, TenantDbOptions};
use uuid::Uuid;

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
}

/// A database of one test, gone when dropped.
pub(crate) struct Database {
    engine: Engine,
    url: String,
    name: String,
    _folder: Option<TempDir>,
}

impl Database {
    pub(crate) async fn create(engine: Engine) -> Self {
        let name = format!("t_{}", Uuid::now_v7().as_simple());
        let (url, folder) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let file = folder.path().join("test.db");
                (format!("sqlite://{}?mode=rwc", file.display()), Some(folder))
            }
            Engine::SqliteMemory => ("sqlite::memory:".to_owned(), None),
            Engine::MySql => {
                create_on_mysql(&name).await;
                (Self::url_of(engine, &name), None)
            }
            Engine::Postgres | Engine::PgBouncer => {
                create_on_postgres(&name).await;
                (Self::url_of(engine, &name), None)
            }
        };
        Self { engine, url, name, _folder: folder }
    }

    fn url_of(engine: Engine, name: &str) -> String {
        if engine == Engine::PgBouncer {
            return format!("{}/{name}", variable("PGBOUNCER_URL").trim_end_matches('/'));
        }
        let (scheme, server) = match engine {
            Engine::MySql => ("mysql", "MYSQL_URL"),
            _ => ("postgres", "DATABASE_URL"),
        };
        let host = address(&variable(server));
        format!("{scheme}://tenancy_test:tenancy_test@{host}/{name}")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Options that suit the engine, with the notes registered.
    pub(crate) fn options(&self) -> TenantDbOptions {
        let options = TenantDb::options().register::<Note>();
        match self.engine {
            Engine::PgBouncer => options.without_prepared_statements(),
            _ => options,
        }
    }

    pub(crate) async fn open(&self, options: TenantDbOptions) -> Result<TenantDb, Error> {
        let db = options.connect(&self.url).await?;
        db.migrate(&[NOTES]).await?;
        Ok(db)
    }

    /// Opens it with the table of notes.
    pub(crate) async fn notes(&self) -> TenantDb {
        self.open(self.options()).await.expect("the database opens")
    }

    pub(crate) async fn admin(&self) -> Admin {
        Admin::of(&self.name).await
    }

    pub(crate) async fn mysql_admin(&self) -> MySqlAdmin {
        MySqlAdmin::of(&self.name).await
    }
}

async fn create_on_mysql(name: &str) {
    let mut admin = MySqlAdmin::of("mysql").await;
    admin
        .run(format!(
            "CREATE USER IF NOT EXISTS tenancy_test@'%' IDENTIFIED BY 'tenancy_test';
             CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
             GRANT ALL ON {name}.* TO tenancy_test@'%'"
        ))
        .await;
}

async fn create_on_postgres(name: &str) {
    let mut admin = Admin::of("postgres").await;
    // Tests start together: one of them makes the role.
    admin
        .run(
            "DO $$ BEGIN
                CREATE ROLE tenancy_test LOGIN PASSWORD 'tenancy_test' NOSUPERUSER NOBYPASSRLS;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        )
        .await;
    admin.run(format!("CREATE DATABASE {name} OWNER tenancy_test")).await;
}

async fn drop_on_mysql(name: &str) {
    let mut admin = MySqlAdmin::of("mysql").await;
    // A pool that was not closed may hold a transaction, for which the drop would wait.
    for id in admin.connections_to(name).await {
        // It may have ended meanwhile.
        let _ = admin.try_run(format!("KILL {id}")).await;
    }
    let revoke = format!("REVOKE ALL ON {name}.* FROM tenancy_test@'%'");
    admin.run(format!("DROP DATABASE {name}; {revoke}")).await;
}

impl Drop for Database {
    fn drop(&mut self) {
        let (engine, name) = (self.engine, self.name.clone());
        if matches!(engine, Engine::Sqlite | Engine::SqliteMemory) {
            return;
        }
        let drop = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                if engine == Engine::MySql {
                    return drop_on_mysql(&name).await;
                }
                Admin::of("postgres").await.run(format!("DROP DATABASE {name} WITH (FORCE)")).await;
            });
        });
        // A panic in here would hide the test's own.
        if drop.join().is_err() {
            eprintln!("the database {} was left behind", self.name);
        }
    }
}
