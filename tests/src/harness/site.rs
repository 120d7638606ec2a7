use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;
use tenancy_core::TenantId;

use super::{Database, Engine, Link, PrivateRedis, Server, address};

/// What a server stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    /// A SQLite file, limits in memory.
    Embedded,
    /// Postgres and Redis.
    Servers,
}

/// Where a server keeps its data: it stays when the server goes, and goes when dropped.
pub(crate) struct Site {
    folder: TempDir,
    servers: Option<Servers>,
}

struct Servers {
    database: Database,
    redis: PrivateRedis,
    links: Option<Links>,
}

/// What lies between the server and its servers.
pub(crate) struct Links {
    pub(crate) database: Link,
    pub(crate) redis: Link,
}

impl Site {
    pub(crate) async fn create(stack: Stack) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let servers = match stack {
            Stack::Embedded => None,
            Stack::Servers => Some(Servers {
                database: Database::create(Engine::Postgres).await,
                redis: PrivateRedis::running().await,
                links: None,
            }),
        };
        Self { folder, servers }
    }

    /// Postgres and Redis behind links that can be cut.
    pub(crate) async fn behind_links() -> Self {
        let mut site = Self::create(Stack::Servers).await;
        let servers = site.servers.as_mut().expect("this stack has servers");
        servers.links = Some(Links {
            database: Link::to(address(servers.database.url()), Duration::ZERO).await,
            redis: Link::to(servers.redis.address(), Duration::ZERO).await,
        });
        site
    }

    /// Starts a server here, with more options.
    pub(crate) async fn serve(&self, options: &[&str]) -> Server {
        let where_data_is = self.options();
        let all = where_data_is.iter().map(String::as_str).chain(options.iter().copied());
        Server::start(all, &[]).await
    }

    /// Returns the options that make a server use this data.
    pub(crate) fn options(&self) -> Vec<String> {
        let mut options = vec!["--data-dir".to_owned(), self.folder.path().display().to_string()];
        if let Some(servers) = &self.servers {
            let (database, redis) = servers.urls();
            options.extend(["--database-url".to_owned(), database]);
            options.extend(["--redis-url".to_owned(), redis]);
        }
        options
    }

    pub(crate) fn links(&self) -> &Links {
        self.servers.as_ref().and_then(|servers| servers.links.as_ref()).expect("a site with links")
    }

    /// Counts the rows of a table, those of all tenants, past the program.
    pub(crate) async fn rows(&self, table: &'static str) -> i64 {
        self.try_rows(table).await.expect("the table is there")
    }

    pub(crate) const fn is_embedded(&self) -> bool {
        self.servers.is_none()
    }

    /// Counts the rows of a table that a condition is true of, past the program.
    pub(crate) async fn rows_where(&self, condition: &str) -> i64 {
        self.try_count(format!("SELECT count(*) FROM {condition}"))
            .await
            .expect("the table is there")
    }

    /// Returns the folder that mail is written into, if the server is told so.
    pub(crate) fn mail(&self) -> std::path::PathBuf {
        self.folder.path().join("mail")
    }

    /// Runs SQL past the program, as whoever owns the database.
    pub(crate) async fn try_run(&self, sql: &str) -> Result<(), sqlx::Error> {
        if let Some(servers) = &self.servers {
            return servers.database.admin().await.try_run(sql).await;
        }
        self.run_in_file("payments.sqlite3", sql).await
    }

    /// The same where the audit log is: in a file of its own, or with the rest.
    pub(crate) async fn try_run_in_audit_log(&self, sql: &str) -> Result<(), sqlx::Error> {
        match &self.servers {
            Some(servers) => servers.database.admin().await.try_run(sql).await,
            None => self.run_in_file("audit.sqlite3", sql).await,
        }
    }

    async fn run_in_file(&self, name: &str, sql: &str) -> Result<(), sqlx::Error> {
        let file = self.folder.path().join(name);
        let options = SqliteConnectOptions::new().filename(file).foreign_keys(true);
        let mut file = SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut file).await.map(drop)
    }

    /// The same where the table may not be there yet.
    pub(crate) async fn try_rows(&self, table: &'static str) -> Result<i64, sqlx::Error> {
        self.try_count(format!("SELECT count(*) FROM {table}")).await
    }

    /// Counts the rows that a table has under an id.
    pub(crate) async fn rows_of(&self, table: &str, tenant: TenantId) -> i64 {
        let id = tenant.uuid().as_simple().to_string();
        let id = if self.servers.is_some() { format!("'{id}'") } else { format!("x'{id}'") };
        let count = format!("SELECT count(*) FROM {table} WHERE tenant_id = {id}");
        self.try_count(count).await.expect("the table is there")
    }

    /// Returns the names of all tables with a tenant's rows, those of the directory not.
    pub(crate) async fn tables(&self) -> Vec<String> {
        const ON_POSTGRES: &str = "SELECT table_name::text FROM information_schema.columns
            WHERE column_name = 'tenant_id' AND table_schema = 'public' ORDER BY 1";
        const IN_A_FILE: &str = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c
            WHERE m.type = 'table' AND c.name = 'tenant_id' ORDER BY 1";
        let names: Vec<String> = if let Some(servers) = &self.servers {
            servers.database.admin().await.names(ON_POSTGRES).await
        } else {
            let mut file = self.file().await;
            let names = sqlx::query_scalar(IN_A_FILE).fetch_all(&mut file).await;
            names.expect("the file has tables")
        };
        names.into_iter().filter(|name| !name.starts_with("tenancy_")).collect()
    }

    async fn file(&self) -> SqliteConnection {
        let file = self.folder.path().join("payments.sqlite3");
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        SqliteConnection::connect_with(&options).await.expect("the file is there")
    }

    /// Counts past the program.
    pub(crate) async fn try_count(&self, count: String) -> Result<i64, sqlx::Error> {
        if let Some(servers) = &self.servers {
            return servers.database.admin().await.try_count(count).await;
        }
        let file = self.folder.path().join("payments.sqlite3");
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let mut file = SqliteConnection::connect_with(&options).await?;
        sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut file).await
    }
}

impl Servers {
    fn urls(&self) -> (String, String) {
        let (database, redis) = (self.database.url().to_owned(), self.redis.address());
        match &self.links {
            None => (database, format!("redis://{redis}/")),
            Some(links) => (
                database
                    .replace(&address(&database), &format!("127.0.0.1:{}", links.database.port())),
                format!("redis://127.0.0.1:{}/", links.redis.port()),
            ),
        }
    }
}

/// Runs tests that take a [`Site`] on both stacks, unchanged.
macro_rules! on_both_stacks {
    ($($test:ident),* $(,)?) => {
        mod embedded { $crate::harness::on_both_stacks!(@ Embedded: $($test),*); }
        mod servers { $crate::harness::on_both_stacks!(@ Servers: $($test),*); }
    };
    (@ $stack:ident: $($test:ident),*) => {$(
        #[tokio::test]
        async fn $test() {
            let stack = $crate::harness::Stack::$stack;
            super::$test(&$crate::harness::Site::create(stack).await).await;
        }
    )*};
}

pub(crate) use on_both_stacks;
