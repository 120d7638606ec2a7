//! What the platform stands on: a file and memory, or servers.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kit::events::{self, Event, Outbox};
use kit::inbound::{self, Inbound};
use kit::jobs::{self, Job, Jobs, PlatformKey};
use kit::notifications::{self, Notification};
use kit::outbound::{Outbound, Reach};
use kit::webhooks::{self, Webhooks};
use kit::{DemoClock, Sealer};
use tenancy_core::limit::{MemoryRateLimiter, RateLimiter};
use tenancy_core::usage::{MemoryUsageMeter, UsageMeter};
use tenancy_core::{
    CacheOptions, CachedDirectory, Clock, Error, ErrorKind, InvalidationBus, MemoryInvalidationBus,
    SystemClock, TenantDirectory, WithSandboxes,
};
use tenancy_redis::{
    OnLoss, RedisInvalidationBus, RedisOptions, RedisRateLimiter, RedisStore, RedisUsageMeter,
};
use tenancy_sqlx::{Migration, SqlDirectory, TenantDb, TenantDbOptions};

use crate::Config;
use crate::api_keys::ApiKeyRecord;
use crate::app::Backends;
use crate::audit::AuditStore;
use crate::bulk::{Batch, Item};
use crate::connectors::Simulator;
use crate::customers::Customer;
use crate::disputes::Dispute;
use crate::domains::OwnDomain;
use crate::events::API_VERSION;
use crate::idempotency::Replay;
use crate::integrations::{Connection, Integrations, ProviderCall};
use crate::ledger::corrections::Correction;
use crate::ledger::{Account, Entry, Hold, Posting};
use crate::patience::Patience;
use crate::payments::Payment;
use crate::payments::attempts::Attempt;
use crate::payments::captures::Capture;
use crate::payments::refunds::Refund;
use crate::people::{self, Desk, Invitation, Member, Roster};
use crate::plans::plans;
use crate::platform::{PlatformSession, PlatformUser, TenantLife};
use crate::quota::{QuotaAlert, TransactionMonth};
use crate::sign_in::{Challenge, KeptCode, PasswordReset, SecondFactor, SignIn};
use crate::support::SupportGrant;
use crate::tokens::{KeyRing, RefreshToken, SigningKey, TokenFamily};
use crate::workflows::{Decision, Definition, Run, Version};

const MIGRATIONS: &[Migration] = &[
    Migration::new(
        1,
        "payments",
        include_str!("../migrations/sqlite/0001_payments.sql"),
        include_str!("../migrations/postgres/0001_payments.sql"),
    ),
    Migration::new(
        2,
        "money",
        include_str!("../migrations/sqlite/0002_money.sql"),
        include_str!("../migrations/postgres/0002_money.sql"),
    ),
    events::migration(10),
    jobs::migration(11),
    notifications::migration(12),
    webhooks::migration(13),
    inbound::migration(14),
    Migration::new(
        15,
        "outcomes",
        include_str!("../migrations/sqlite/0015_outcomes.sql"),
        include_str!("../migrations/postgres/0015_outcomes.sql"),
    ),
    Migration::new(
        16,
        "refunds_elsewhere",
        include_str!("../migrations/sqlite/0016_refunds_elsewhere.sql"),
        include_str!("../migrations/postgres/0016_refunds_elsewhere.sql"),
    ),
    Migration::new(
        17,
        "conflicts",
        include_str!("../migrations/sqlite/0017_conflicts.sql"),
        include_str!("../migrations/postgres/0017_conflicts.sql"),
    ),
    Migration::new(
        18,
        "undecided",
        include_str!("../migrations/sqlite/0018_undecided.sql"),
        include_str!("../migrations/postgres/0018_undecided.sql"),
    ),
    Migration::new(
        20,
        "integrations",
        include_str!("../migrations/sqlite/0020_integrations.sql"),
        include_str!("../migrations/postgres/0020_integrations.sql"),
    ),
    Migration::new(
        30,
        "people",
        include_str!("../migrations/sqlite/0030_people.sql"),
        include_str!("../migrations/postgres/0030_people.sql"),
    ),
    Migration::new(
        34,
        "password_resets",
        include_str!("../migrations/sqlite/0034_password_resets.sql"),
        include_str!("../migrations/postgres/0034_password_resets.sql"),
    ),
    Migration::new(
        35,
        "second_factors",
        include_str!("../migrations/sqlite/0035_second_factors.sql"),
        include_str!("../migrations/postgres/0035_second_factors.sql"),
    ),
    Migration::new(
        36,
        "tokens",
        include_str!("../migrations/sqlite/0036_tokens.sql"),
        include_str!("../migrations/postgres/0036_tokens.sql"),
    ),
    Migration::new(
        40,
        "quota",
        include_str!("../migrations/sqlite/0040_quota.sql"),
        include_str!("../migrations/postgres/0040_quota.sql"),
    ),
    Migration::new(
        41,
        "ledger",
        include_str!("../migrations/sqlite/0041_ledger.sql"),
        include_str!("../migrations/postgres/0041_ledger.sql"),
    ),
    Migration::new(
        42,
        "workflows",
        include_str!("../migrations/sqlite/0042_workflows.sql"),
        include_str!("../migrations/postgres/0042_workflows.sql"),
    ),
    Migration::new(
        43,
        "bulk",
        include_str!("../migrations/sqlite/0043_bulk.sql"),
        include_str!("../migrations/postgres/0043_bulk.sql"),
    ),
    Migration::new(
        50,
        "platform",
        include_str!("../migrations/sqlite/0050_platform.sql"),
        include_str!("../migrations/postgres/0050_platform.sql"),
    ),
    Migration::new(
        51,
        "support",
        include_str!("../migrations/sqlite/0051_support.sql"),
        include_str!("../migrations/postgres/0051_support.sql"),
    ),
    Migration::new(
        52,
        "domains",
        include_str!("../migrations/sqlite/0052_domains.sql"),
        include_str!("../migrations/postgres/0052_domains.sql"),
    ),
    Migration::new(
        70,
        "customers",
        include_str!("../migrations/sqlite/0070_customers.sql"),
        include_str!("../migrations/postgres/0070_customers.sql"),
    ),
    Migration::new(
        75,
        "bulk_totals",
        include_str!("../migrations/sqlite/0075_bulk_totals.sql"),
        include_str!("../migrations/postgres/0075_bulk_totals.sql"),
    ),
];

/// How long a request may wait to be admitted. The first one that finds Redis away does, no other.
///
/// It includes the wait for a turn on this machine: two hundred callers at once on two cores take
/// a quarter of a second, and that must not pass for a Redis that is away.
const DECISION: Duration = Duration::from_millis(500);

/// Opens everything and brings the schema up to date.
pub(crate) async fn open(config: &Config) -> Result<(Backends, SqlDirectory), Error> {
    let demo_clock = demo_clock(config)?;
    let clock: Arc<dyn Clock> = match &demo_clock {
        Some(clock) => Arc::new(clock.clone()),
        None => Arc::new(SystemClock),
    };
    let audit = open_audit(config, &clock).await?;
    let (db, patience) = open_database(config, &clock, &audit).await?;
    let directory = SqlDirectory::new(db.clone(), plans(config.requests_per_minute));
    let Counters { limiter, meter, redis } = match config.redis_url() {
        Some(url) => Counters::shared(url, config.nodes, demo_clock.as_ref()).await?,
        None => Counters::in_memory(&clock),
    };
    let (directory, tenants) = remembered(directory, redis.as_ref());
    let simulator = Arc::new(Simulator::default());
    let outbox = Outbox::new(API_VERSION);
    let jobs = Jobs::new(PlatformKey::envelopes(&db).await?, clock.clone());
    let reach = if config.webhooks_to_loopback { Reach::PublicAndLoopback } else { Reach::Public };
    let sealer = Arc::new(sealer(config)?);
    let inbound = Inbound::new(sealer.clone(), jobs.clone(), clock.clone());
    let webhooks = Webhooks::new(
        sealer.clone(),
        Outbound::new(reach, "payments-webhooks/1"),
        jobs.clone(),
        outbox.clone(),
        clock.clone(),
    );
    let people = Desk::open(config, directory.clone(), sealer.clone())?;
    let tokens = KeyRing::open(db.clone(), sealer.clone(), clock.clone()).await?;
    let integrations = Arc::new(Integrations::of(config, sealer));
    let backends = Backends {
        db,
        people,
        tokens,
        directory: tenants,
        tenants: directory.clone(),
        plans: plans(config.requests_per_minute),
        limiter,
        meter,
        simulator,
        integrations,
        redis,
        clock,
        demo_clock,
        outbox,
        jobs,
        inbound,
        webhooks,
        patience,
        audit,
    };
    Ok((backends, directory))
}

/// Returns the clock that can be moved, where it is asked for.
fn demo_clock(config: &Config) -> Result<Option<DemoClock>, Error> {
    let Some(ahead) = config.demo_clock else { return Ok(None) };
    if !config.listen.ip().is_loopback() {
        let address = config.listen;
        let message = format!(
            "listen at {address} with --demo-clock: a clock that can be moved is for loopback \
             addresses such as 127.0.0.1:8080"
        );
        return Err(Error::new(ErrorKind::Misconfigured, message));
    }
    Ok(Some(DemoClock::ahead(Duration::from_secs(ahead.into()))))
}

/// How often a node asks for changes of the directory that it was not told.
const ASK_FOR_CHANGES: Duration = Duration::from_millis(500);

/// Returns the directory that tells changes, and the one that requests ask.
fn remembered(
    mut directory: SqlDirectory,
    redis: Option<&RedisStore>,
) -> (SqlDirectory, Arc<dyn TenantDirectory>) {
    let bus: Arc<dyn InvalidationBus> = match redis {
        Some(redis) => Arc::new(RedisInvalidationBus::open(redis.clone())),
        None => Arc::new(MemoryInvalidationBus::new()),
    };
    directory = directory.with_bus(bus.clone());
    let tenants = CachedDirectory::new(directory.clone(), CacheOptions::new());
    (directory, Arc::new(WithSandboxes::of(tenants.follow(Some(bus), ASK_FOR_CHANGES))))
}

struct Counters {
    limiter: Arc<dyn RateLimiter>,
    meter: Arc<dyn UsageMeter>,
    redis: Option<RedisStore>,
}

impl Counters {
    fn in_memory(clock: &Arc<dyn Clock>) -> Self {
        let limiter = Arc::new(MemoryRateLimiter::new(clock.clone()));
        Self { limiter, meter: Arc::new(MemoryUsageMeter::new(clock.clone())), redis: None }
    }

    /// A Redis that is away is no reason not to start: it holds limits and counts, no payment.
    ///
    /// Nodes share the server's clock, except where theirs is one to be moved.
    async fn shared(
        url: &str,
        nodes: NonZeroU32,
        demo_clock: Option<&DemoClock>,
    ) -> Result<Self, Error> {
        let redis = RedisStore::open(url, RedisOptions::new().deadline(DECISION))?;
        // Connected here, so that the first requests do not wait for it. It logs what it finds.
        let _ = redis.ping().await;
        let on_loss = OnLoss::LocalShare { nodes };
        let (limiter, meter) = match demo_clock {
            None => {
                (RedisRateLimiter::new(redis.clone(), on_loss), RedisUsageMeter::new(redis.clone()))
            }
            Some(clock) => {
                let clock: Arc<dyn Clock> = Arc::new(clock.clone());
                let limiter = RedisRateLimiter::with_clock(redis.clone(), on_loss, clock.clone());
                (limiter, RedisUsageMeter::with_clock(redis.clone(), clock))
            }
        };
        Ok(Self { limiter: Arc::new(limiter), meter: Arc::new(meter), redis: Some(redis) })
    }
}

/// Opens the log beside the rest on a server. SQLite lets one write at a time, so it has a file of
/// its own there.
async fn open_audit(config: &Config, clock: &Arc<dyn Clock>) -> Result<AuditStore, Error> {
    let server = config.database_url().filter(|url| !url.starts_with("sqlite:"));
    if let Some(url) = server {
        return AuditStore::open(options(config, url), url, clock).await.map_err(not_opened);
    }
    let url = file_url(&config.data_dir, "audit.sqlite3")?;
    let audit = AuditStore::open(options(config, &url), &url, clock).await.map_err(not_opened)?;
    audit.migrate().await?;
    Ok(audit)
}

fn options(config: &Config, url: &str) -> TenantDbOptions {
    let options = TenantDb::options().acquire_timeout(Patience::with(url).connection);
    if config.through_pooler { options.without_prepared_statements() } else { options }
}

fn not_opened(source: Error) -> Error {
    Error::new(source.kind(), "open the database").with_source(source)
}

async fn open_database(
    config: &Config,
    clock: &Arc<dyn Clock>,
    audit: &AuditStore,
) -> Result<(TenantDb, Patience), Error> {
    let url = match config.database_url() {
        Some(url) => url.to_owned(),
        None => file_url(&config.data_dir, "payments.sqlite3")?,
    };
    let patience = Patience::with(&url);
    let options = options(config, &url)
        .register::<Customer>()
        .register::<Payment>()
        .register::<Replay>()
        .register::<Connection>()
        .register::<ProviderCall>()
        .register::<Attempt>()
        .register::<Capture>()
        .register::<Refund>()
        .register::<Hold>()
        .register::<Account>()
        .register::<Entry>()
        .register::<Posting>()
        .register_shared::<people::Account>()
        .register::<Member>()
        .register::<Roster>()
        .register::<Invitation>()
        .register::<SignIn>()
        .register_shared::<SigningKey>()
        .register::<TokenFamily>()
        .register::<RefreshToken>()
        .register::<PasswordReset>()
        .register::<SecondFactor>()
        .register::<KeptCode>()
        .register::<Challenge>()
        .register::<ApiKeyRecord>()
        .register::<Event>()
        .register::<Job>()
        .register::<Notification>()
        .register_shared::<PlatformKey>()
        .register::<SupportGrant>()
        .register::<OwnDomain>()
        .register_shared::<PlatformUser>()
        .register_shared::<PlatformSession>()
        .register_shared::<TenantLife>()
        .clock(clock.clone())
        .register::<TransactionMonth>()
        .register::<QuotaAlert>()
        .register::<Correction>()
        .register::<Dispute>()
        .register::<Batch>()
        .register::<Item>()
        .register::<Definition>()
        .register::<Version>()
        .register::<Run>()
        .register::<Decision>()
        .auditor(audit.auditor().clone())
        .max_connections(16);
    let db =
        inbound::register(webhooks::register(options)).connect(&url).await.map_err(not_opened)?;
    db.migrate(MIGRATIONS).await?;
    Ok((db, patience))
}

/// Returns what seals the secrets of tenants.
fn sealer(config: &Config) -> Result<Sealer, Error> {
    match config.secrets_key() {
        Some(key) => Sealer::parse(key),
        None => Sealer::of_file(&made(&config.data_dir)?.join("secrets.key")),
    }
}

/// Makes the directory and returns the URL of a file in it.
fn file_url(directory: &Path, name: &str) -> Result<String, Error> {
    let file = made(directory)?.join(name);
    let file = file.to_str().ok_or_else(|| {
        let fault = Error::new(ErrorKind::Misconfigured, "open the data directory");
        fault.with_source("the path is not UTF-8")
    })?;
    Ok(format!("sqlite://{}?mode=rwc", escaped(file)))
}

/// Makes the directory, if it is not there, and returns its whole path.
fn made(directory: &Path) -> Result<PathBuf, Error> {
    let fault = || {
        let path = directory.display();
        Error::new(ErrorKind::Misconfigured, format!("open the data directory {path}"))
    };
    std::fs::create_dir_all(directory).map_err(|source| fault().with_source(source))?;
    directory.canonicalize().map_err(|source| fault().with_source(source))
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
