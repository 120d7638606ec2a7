use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::usage::{Exceeded, Meter, Month, QuotaMeter, Reservation, Reserved, Usage};
use tenancy_core::{Allowance, Clock, Error, SystemClock, TenantId};
use time::OffsetDateTime;

use super::add::count;
use crate::TenantDb;
use crate::backend::{Access, Backend, Connection};

/// Quotas in the tables that [`TenantDb::migrate`] makes, shared by all nodes.
///
/// Whoever reserves or commits holds the lock of the quota's row for its transaction: parallel
/// requests of a tenant never exceed its limit together, and tenants do not wait for each other.
/// The time is that of the node's clock; clocks that differ shift by that much when a hold runs
/// out.
///
/// ```
/// use tenancy_core::usage::{Meter, QuotaMeter, Reserved};
/// use tenancy_core::{Allowance, TenantId};
/// use tenancy_sqlx::{SqlQuotaMeter, TenantDb};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let db = TenantDb::options().connect("sqlite::memory:").await?;
/// db.migrate(&[]).await?;
/// let quotas = SqlQuotaMeter::new(db);
///
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let five = Allowance::AtMost(5);
/// let reserved = quotas.reserve(harbor, &Meter::TRANSACTIONS, 5, five).await?;
/// let Reserved::Held(reservation) = reserved else { panic!("there is room for five") };
/// assert!(matches!(
///     quotas.reserve(harbor, &Meter::TRANSACTIONS, 1, five).await?,
///     Reserved::Exceeded(_)
/// ));
/// assert!(quotas.commit(&reservation, 3).await?);
/// assert_eq!(quotas.used(harbor, &Meter::TRANSACTIONS).await?, 3);
/// assert_eq!(quotas.used(summit, &Meter::TRANSACTIONS).await?, 0);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SqlQuotaMeter {
    db: TenantDb,
    clock: Arc<dyn Clock>,
    hold_for: Duration,
}

const DOING: &str = "decide about a quota";

impl SqlQuotaMeter {
    /// Makes a meter over a database, that holds a reservation for 5 minutes.
    pub fn new(db: TenantDb) -> Self {
        Self::with_clock(db, Arc::new(SystemClock))
    }

    /// Makes a meter that takes the time from this clock.
    pub fn with_clock(db: TenantDb, clock: Arc<dyn Clock>) -> Self {
        // Its tables are on the first server, wherever a tenant's own are.
        Self { db: db.into_main(), clock, hold_for: Duration::from_mins(5) }
    }

    /// Sets how long a reservation is held: longer than the longest piece of work.
    pub fn hold_for(mut self, longest: Duration) -> Self {
        self.hold_for = longest;
        self
    }

    /// Ends a hold, and counts what was used; false when it is not held any more.
    async fn end(&self, reservation: &Reservation, actual: u64) -> Result<bool, Error> {
        let now = self.clock.now();
        let tenant = reservation.tenant();
        let quota = Quota { tenant, meter: reservation.meter(), month: reservation.month() };
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        quota.lock(&mut connection, self.db.backend()).await?;
        let sql = "DELETE FROM tenancy_quota_holds
                   WHERE tenant_id = $1 AND id = $2 AND held_until > $3";
        let values = vec![tenant.to_value(), reservation.id().to_value(), now.to_value()];
        let ended = connection.execute(DOING, sql.into_sql_str(), values).await?;
        if ended == 0 {
            connection.rollback().await?;
            return Ok(false);
        }
        if actual > 0 {
            let sql = "UPDATE tenancy_quotas SET used = used + $4
                       WHERE tenant_id = $1 AND month = $2 AND meter = $3";
            let mut values = quota.key();
            values.push(count(actual));
            connection.execute(DOING, sql.into_sql_str(), values).await?;
        }
        connection.commit().await?;
        Ok(true)
    }
}

/// What a tenant may use of a meter in a month.
struct Quota<'a> {
    tenant: TenantId,
    meter: &'a Meter,
    month: Month,
}

impl Quota<'_> {
    fn key(&self) -> Vec<Value> {
        let (month, meter) = (self.month.to_string().to_value(), self.meter.as_str().to_value());
        vec![self.tenant.to_value(), month, meter]
    }

    /// Locks its row until the transaction ends, and returns what is used.
    async fn lock(&self, connection: &mut Connection, backend: Backend) -> Result<u64, Error> {
        let begin = match backend {
            // Not `INSERT IGNORE`: that takes a lock that two may share, and each waits for the
            // other to let go.
            Backend::MySql => {
                "INSERT INTO tenancy_quotas (tenant_id, month, meter, used)
                 VALUES ($1, $2, $3, 0) ON DUPLICATE KEY UPDATE used = used"
            }
            _ => {
                "INSERT INTO tenancy_quotas (tenant_id, month, meter, used)
                 VALUES ($1, $2, $3, 0) ON CONFLICT (tenant_id, month, meter) DO NOTHING"
            }
        };
        connection.execute(DOING, begin.into_sql_str(), self.key()).await?;
        let sql = match backend {
            // Its transaction holds the lock of the whole file.
            Backend::Sqlite => {
                "SELECT used FROM tenancy_quotas
                 WHERE tenant_id = $1 AND month = $2 AND meter = $3"
            }
            _ => {
                "SELECT used FROM tenancy_quotas
                 WHERE tenant_id = $1 AND month = $2 AND meter = $3 FOR UPDATE"
            }
        };
        let used = connection.fetch(DOING, sql.into_sql_str(), self.key(), number).await?;
        Ok(used.into_iter().next().unwrap_or(0))
    }

    /// Returns what is held of it, without what has run out, which is removed.
    async fn held(&self, connection: &mut Connection, now: OffsetDateTime) -> Result<u64, Error> {
        let sql = "DELETE FROM tenancy_quota_holds
                   WHERE tenant_id = $1 AND month = $2 AND meter = $3 AND held_until <= $4";
        let mut values = self.key();
        values.push(now.to_value());
        connection.execute(DOING, sql.into_sql_str(), values).await?;
        let sql = "SELECT amount FROM tenancy_quota_holds
                   WHERE tenant_id = $1 AND month = $2 AND meter = $3";
        // Added up here: a sum has another type on each database, and could go over.
        let held = connection.fetch(DOING, sql.into_sql_str(), self.key(), number).await?;
        Ok(held.into_iter().fold(0, u64::saturating_add))
    }
}

fn number(row: &mut dyn Row) -> Result<u64, Error> {
    Ok(i64::from_value(row.take(0, Kind::Int)?)?.try_into().unwrap_or(0))
}

#[async_trait]
impl QuotaMeter for SqlQuotaMeter {
    async fn reserve(
        &self,
        tenant: TenantId,
        meter: &Meter,
        amount: u64,
        limit: Allowance,
    ) -> Result<Reserved, Error> {
        let now = self.clock.now();
        let quota = Quota { tenant, meter, month: Month::of(now) };
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        let used = quota.lock(&mut connection, self.db.backend()).await?;
        let held = quota.held(&mut connection, now).await?;
        let taken = used.saturating_add(held);
        // What cannot be stored does not fit, even where nothing limits it.
        let most = limit.limit().unwrap_or(Usage::MAX_COUNT).min(Usage::MAX_COUNT);
        if taken.checked_add(amount).is_none_or(|sum| sum > most) {
            connection.commit().await?;
            let most = limit.limit().unwrap_or(most);
            return Ok(Reserved::Exceeded(Exceeded::new(taken, most, quota.month)));
        }
        let reservation = Reservation::new(tenant, meter.clone(), quota.month, amount);
        let hold_for = time::Duration::try_from(self.hold_for).unwrap_or(time::Duration::MAX);
        let until = now.checked_add(hold_for).unwrap_or(Month::LAST.end());
        let sql = "INSERT INTO tenancy_quota_holds
                   (tenant_id, month, meter, id, amount, held_until)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let mut values = quota.key();
        values.extend([reservation.id().to_value(), count(amount), until.to_value()]);
        connection.execute(DOING, sql.into_sql_str(), values).await?;
        connection.commit().await?;
        Ok(Reserved::Held(reservation))
    }

    async fn commit(&self, reservation: &Reservation, actual: u64) -> Result<bool, Error> {
        reservation.check(actual)?;
        self.end(reservation, actual).await
    }

    async fn release(&self, reservation: &Reservation) -> Result<(), Error> {
        self.end(reservation, 0).await.map(drop)
    }

    async fn used(&self, tenant: TenantId, meter: &Meter) -> Result<u64, Error> {
        let quota = Quota { tenant, meter, month: Month::current(&*self.clock) };
        let sql = "SELECT used FROM tenancy_quotas
                   WHERE tenant_id = $1 AND month = $2 AND meter = $3";
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        let used =
            connection.fetch("read a quota", sql.into_sql_str(), quota.key(), number).await?;
        Ok(used.into_iter().next().unwrap_or(0))
    }
}

impl fmt::Debug for SqlQuotaMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlQuotaMeter")
            .field("db", &self.db)
            .field("hold_for", &self.hold_for)
            .finish_non_exhaustive()
    }
}
