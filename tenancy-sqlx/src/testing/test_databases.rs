use std::fmt;

use tenancy_core::{Error, ErrorKind};
use uuid::Uuid;

#[cfg(any(feature = "mysql", feature = "postgres"))]
use super::template;
use super::test_db::{Home, TestDb, make_folder};
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::backend::Workshop;
use crate::migrate::Migration;
use crate::options::TenantDbOptions;

/// Makes databases for tests, each with the tables of an application. See [the module](super).
pub struct TestDatabases {
    url: String,
    options: Box<dyn Fn() -> TenantDbOptions + Send + Sync>,
    migrations: Vec<Migration>,
}

impl TestDatabases {
    /// Takes where databases are made, how the application opens its own, and its tables.
    ///
    /// * `sqlite:` makes files in the folder for temporary ones.
    /// * `postgres://user:password@host/database` and `mysql://…` make databases on that server,
    ///   beside the one that is named. The user must have the right to: `CREATEDB`, and on `MySQL`
    ///   ``GRANT ALL ON `tenancy\_test\_%`.*``. It is the user that the tests work as; sealed binding,
    ///   which takes two, is not for these.
    pub fn new(
        url: impl Into<String>,
        options: impl Fn() -> TenantDbOptions + Send + Sync + 'static,
        migrations: &[Migration],
    ) -> Self {
        Self { url: url.into(), options: Box::new(options), migrations: migrations.to_vec() }
    }

    /// Makes a database with all tables and no rows.
    ///
    /// On Postgres the template is named `tenancy_template_` and a hash of the migrations and the
    /// tables of the entities. It stays on the server, for the tests that run next; when a
    /// migration has changed, there is another, and the old one may be dropped.
    ///
    /// # Errors
    ///
    /// Those of [`TenantDbOptions::connect`] and [`TenantDb::migrate`](crate::TenantDb::migrate);
    /// [`ErrorKind::Internal`] when the user may not make databases.
    ///
    /// # Cancel safety
    ///
    /// When dropped half-way, a database may be left whose name begins with `tenancy_test_`.
    pub async fn create(&self) -> Result<TestDb, Error> {
        let name = format!("tenancy_test_{}", Uuid::now_v7().as_simple());
        let (url, home) = if self.url.starts_with("sqlite:") {
            let folder = std::env::temp_dir().join(&name);
            make_folder(&folder)?;
            let file = folder.join("test.db");
            (format!("sqlite://{}?mode=rwc", file.display()), Home::Folder(folder))
        } else {
            self.create_on_server(name).await?
        };
        // From here on it is dropped when something fails.
        let home = home.guard((self.options)());
        let db = (self.options)().connect(&url).await?;
        // A copy has them; an older template may lack some of the library's own.
        db.migrate(&self.migrations).await?;
        Ok(TestDb::new(db, url, home))
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    async fn create_on_server(&self, name: String) -> Result<(String, Home), Error> {
        let template = template::of(self).await?;
        let mut workshop = Workshop::open(&self.url, &self.options()).await?;
        workshop.create(&name, template.as_deref()).await?;
        workshop.close().await;
        Ok((beside(&self.url, &name)?, Home::Server { url: self.url.clone(), name }))
    }

    #[cfg(not(any(feature = "mysql", feature = "postgres")))]
    #[expect(clippy::unused_async, reason = "it is the twin of one that awaits")]
    async fn create_on_server(&self, _: String) -> Result<(String, Home), Error> {
        let message = "make a database for a test: the URL must begin with sqlite: here; the \
                       features `mysql` and `postgres` are off";
        Err(Error::new(ErrorKind::Misconfigured, message))
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(super) fn options(&self) -> TenantDbOptions {
        (self.options)()
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(super) fn migrations(&self) -> &[Migration] {
        &self.migrations
    }
}

impl fmt::Debug for TestDatabases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("TestDatabases").finish_non_exhaustive()
    }
}

/// The same server, with another database.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn beside(url: &str, name: &str) -> Result<String, Error> {
    let (address, options) = url.split_once('?').map_or((url, ""), |(address, it)| (address, it));
    let server = address.rsplit_once('/').map(|(server, _)| server);
    let server = server.filter(|server| !server.ends_with('/')).ok_or_else(|| {
        Error::new(
            ErrorKind::Misconfigured,
            "make a database for a test: the URL names no database: any that is there will do",
        )
    })?;
    let separator = if options.is_empty() { "" } else { "?" };
    Ok(format!("{server}/{name}{separator}{options}"))
}

#[cfg(all(test, any(feature = "mysql", feature = "postgres")))]
mod tests {
    use super::beside;

    #[test]
    fn the_name_of_the_database_is_replaced_and_nothing_else() {
        for (url, expected) in [
            ("postgres://u:p@h:5/app", Some("postgres://u:p@h:5/t")),
            ("postgres://u:p@h/app?sslmode=disable", Some("postgres://u:p@h/t?sslmode=disable")),
            ("mysql://u@h/app?x=a/b", Some("mysql://u@h/t?x=a/b")),
            ("postgres://h", None),
            ("postgres", None),
        ] {
            assert_eq!(beside(url, "t").ok().as_deref(), expected, "{url}");
        }
    }
}
