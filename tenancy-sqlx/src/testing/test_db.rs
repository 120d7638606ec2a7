use std::fmt;
use std::path::{Path, PathBuf};

use tenancy_core::{Error, ErrorKind, TenantId};

use crate::TenantDb;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::backend::Workshop;
use crate::options::TenantDbOptions;

/// A database of one test, with two tenants that it knows nothing of yet. Dropped, it is gone.
#[derive(Debug)]
pub struct TestDb {
    db: TenantDb,
    url: String,
    tenants: [TenantId; 2],
    _home: Guard,
}

impl TestDb {
    pub(super) fn new(db: TenantDb, url: String, home: Guard) -> Self {
        Self { db, url, tenants: [TenantId::generate(), TenantId::generate()], _home: home }
    }

    /// Returns the database.
    pub const fn db(&self) -> &TenantDb {
        &self.db
    }

    /// Returns its address, to open it in other ways. It may hold a password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns two tenants: with one a test proves little.
    pub const fn tenants(&self) -> [TenantId; 2] {
        self.tenants
    }
}

/// Where a test's database is.
pub(super) enum Home {
    Folder(PathBuf),
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    Server {
        url: String,
        name: String,
    },
}

impl Home {
    /// From here on it is removed when this is dropped.
    pub(super) fn guard(self, options: TenantDbOptions) -> Guard {
        Guard { home: Some((self, options)) }
    }

    async fn remove(self, options: TenantDbOptions) -> Result<(), Error> {
        // It says how long a server may take; a folder takes no time.
        let _ = &options;
        match self {
            Self::Folder(folder) => {
                // Whoever has a file open keeps it until then.
                let _ = std::fs::remove_dir_all(folder);
                Ok(())
            }
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            Self::Server { url, name } => {
                let mut workshop = Workshop::open(&url, &options).await?;
                workshop.remove(&name).await?;
                workshop.close().await;
                Ok(())
            }
        }
    }
}

/// Removes a database.
pub(super) struct Guard {
    home: Option<(Home, TenantDbOptions)>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some((home, options)) = self.home.take() else { return };
        // A runtime of its own: that of the test may end with it, and waits for nobody.
        let remove = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(home.remove(options)))
        });
        // A panic in here would hide the test's own.
        if !matches!(remove.join(), Ok(Ok(Ok(())))) {
            tracing::warn!("the database of a test was left behind");
        }
    }
}

/// Makes a folder that was not there, for nobody else.
pub(super) fn make_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| {
        Error::new(ErrorKind::Unavailable, "make a folder for a test").with_source(source)
    })
}
