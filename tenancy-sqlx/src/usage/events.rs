//! Usage that comes as events, each with an id of its own.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::ToValue as _;
use tenancy_core::usage::{Arrival, Hour, Month, UsageEvent};
use tenancy_core::{Error, TenantId};
use time::OffsetDateTime;

use super::add::add;
use super::insert::insert_new;
use super::meter::SqlUsageMeter;
use super::sums::Sums;
use crate::backend::Access;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedEvent {
    /// It counts now, in the total of its month or as an adjustment.
    Recorded(Arrival),
    /// An event of this id had come before.
    Duplicate,
}

impl SqlUsageMeter {
    /// Counts an event by when it happened, unless one of its id has come for this meter in the
    /// last 35 days.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) for an event that happened more
    /// than 35 days ago: nobody could tell it from a repeated one.
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) for one that lies in the
    /// future, and when the database does not answer: record it again.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have counted. Record the same event again.
    pub async fn record_event(
        &self,
        tenant: TenantId,
        event: &UsageEvent,
    ) -> Result<RecordedEvent, Error> {
        let now = self.clock.now();
        if event.happened_at() + UsageEvent::KEPT <= now {
            let message = "record an event: it happened more than 35 days ago: adjust the month";
            return Err(Error::invalid("happened_at", message));
        }
        let arrival = Arrival::of(event.happened_at(), now)?;
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        let row = "tenancy_usage_events (tenant_id, meter, event_id, happened_at)
                   VALUES ($1, $2, $3, $4)";
        let sql = insert_new(self.db.backend(), row, "tenant_id, meter, event_id");
        let values = vec![
            tenant.to_value(),
            event.series().meter().as_str().to_value(),
            event.id().to_value(),
            event.happened_at().to_value(),
        ];
        if connection.execute("record an event", sql, values).await? == 0 {
            connection.rollback().await?;
            return Ok(RecordedEvent::Duplicate);
        }
        let mut sums = Sums::default();
        sums.add_arrived(arrival, Hour::of(event.happened_at()), event.series(), event.count());
        add(&mut connection, tenant, &sums, now).await?;
        connection.commit().await?;
        Ok(RecordedEvent::Recorded(arrival))
    }

    /// Forgets what is not needed any more: ids of events after 35 days, hours 90 days after the
    /// end of their month, and producers that were silent for 400 days. Totals and adjustments
    /// stay. Call it once a day for each tenant.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the database does
    /// not answer.
    pub async fn prune(&self, tenant: TenantId) -> Result<(), Error> {
        let now = self.clock.now();
        let mut connection = self.db.begin_tenant(tenant, Access::ReadWrite).await?;
        let days = |days| now.checked_sub(time::Duration::days(days));
        let before = |age| days(age).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        for (sql, until) in [
            (
                "DELETE FROM tenancy_usage_events WHERE tenant_id = $1 AND happened_at <= $2",
                before(35),
            ),
            (
                "DELETE FROM tenancy_usage_hours WHERE tenant_id = $1 AND hour < $2",
                Month::of(before(90)).start(),
            ),
            ("DELETE FROM tenancy_usage_runs WHERE tenant_id = $1 AND seen_at < $2", before(400)),
        ] {
            let values = vec![tenant.to_value(), until.to_value()];
            connection.execute("forget old usage", sql.into_sql_str(), values).await?;
        }
        connection.commit().await
    }
}
