//! What the platform stands on: a file and memory, or servers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tenancy_core::limit::MemoryRateLimiter;
use tenancy_core::usage::MemoryUsageMeter;
use tenancy_core::{Clock, Error, ErrorKind, SystemClock};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore, RedisUsageMeter};
use tenancy_sqlx::{Migration, SqlDirectory, TenantDb};

use crate::Config;
use crate::app::Backends;
use crate::customers::Customer;
use crate::idempotency::Replay;
use crate::payments::Payment;
use crate::plans::plans;

const MIGRATIONS: &[Migration] = &[Migration::new(
    1,
    "payments",
    include_str!("../migrations/sqlite/0001_payments.sql"),
    include_str!("../migrations/postgres/0001_payments.sql"),
)];

/// A caller should hear that the database is away while it still matters to them.
const ACQUIRE: Duration = Duration::from_secs(2);

/// How long a request may wait for Redis. The first one that finds it away does, no other.
const DECISION: Duration = Duration::from_millis(200);

/// Opens everything and brings the schema up to date.
pub(crate) async fn open(config: &Config) -> Result<(Backends, SqlDirectory), Error> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = open_database(config).await?;
    let directory = SqlDirectory::new(db.clone(), plans(config.requests_per_minute));
    let redis = open_redis(config).await?;
    let backends = Backends {
        db,
        directory: Arc::new(directory.clone()),
        limiter: match &redis {
            Some(redis) => {
                let on_loss = OnLoss::LocalShare { nodes: config.nodes };
                Arc::new(RedisRateLimiter::new(redis.clone(), on_loss))
            }
            None => Arc::new(MemoryRateLimiter::new(clock.clone())),
        },
        meter: match &redis {
            Some(redis) => Arc::new(RedisUsageMeter::new(redis.clone())),
            None => Arc::new(MemoryUsageMeter::new(clock.clone())),
        },
        redis,
        clock,
    };
    Ok((backends, directory))
}

/// A Redis that is away is no reason not to start: it keeps limits and counts, no payment.
async fn open_redis(config: &Config) -> Result<Option<RedisStore>, Error> {
    let Some(url) = config.redis_url() else { return Ok(None) };
    let redis = RedisStore::open(url, RedisOptions::new().deadline(DECISION))?;
    // Connected here, so that the first requests do not wait for it. It logs what it finds.
    let _ = redis.ping().await;
    Ok(Some(redis))
}

async fn open_database(config: &Config) -> Result<TenantDb, Error> {
    let url = match config.database_url() {
        Some(url) => url.to_owned(),
        None => file_url(&config.data_dir)?,
    };
    let db = TenantDb::options()
        .register::<Customer>()
        .register::<Payment>()
        .register::<Replay>()
        .max_connections(16)
        .acquire_timeout(ACQUIRE)
        .connect(&url)
        .await
        .map_err(|source| Error::new(source.kind(), "open the database").with_source(source))?;
    db.migrate(MIGRATIONS).await?;
    Ok(db)
}

/// Makes the directory and returns the URL of the file in it.
fn file_url(directory: &Path) -> Result<String, Error> {
    let fault = || {
        let path = directory.display();
        Error::new(ErrorKind::Misconfigured, format!("open the data directory {path}"))
    };
    std::fs::create_dir_all(directory).map_err(|source| fault().with_source(source))?;
    let directory = directory.canonicalize().map_err(|source| fault().with_source(source))?;
    let file = directory.join("payments.sqlite3");
    let file = file.to_str().ok_or_else(|| fault().with_source("the path is not UTF-8"))?;
    Ok(format!("sqlite://{}?mode=rwc", escaped(file)))
}

/// What a URL reads as something else than a path.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_directory_makes_a_url() {
        assert_eq!(escaped("/a b/100%/what?#1"), "/a b/100%25/what%3F%231");
    }
}
