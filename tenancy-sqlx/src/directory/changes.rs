//! What changed, and in which order.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Changes, Error, ErrorKind, Invalidation, TenantId, TenantKey};

use super::sql_directory::SqlDirectory;
use crate::backend::{Access, Connection};

/// A node that is further behind forgets everything.
const CHANGES_KEPT: i64 = 10_000;

/// Takes the place of a change in the order of all. It comes first in every change: whoever
/// holds the row is alone.
pub(super) async fn next_revision(connection: &mut Connection) -> Result<(), Error> {
    let sql = "UPDATE tenancy_revision SET revision = revision + 1";
    connection.execute("count a change of the directory", sql.into_sql_str(), Vec::new()).await?;
    Ok(())
}

/// Writes down which keys of a tenant lead to something else now.
pub(super) async fn record(
    connection: &mut Connection,
    tenant: TenantId,
    keys: &[TenantKey],
) -> Result<Invalidation, Error> {
    const DOING: &str = "record a change of the directory";
    let sql = "SELECT version FROM tenancy_tenants WHERE id = $1";
    let read = |row: &mut dyn Row| i64::from_value(row.take(0, Kind::Int)?);
    let version =
        connection.fetch(DOING, sql.into_sql_str(), vec![tenant.to_value()], read).await?;
    let version = version.first().copied().unwrap_or_default();
    let sql = "INSERT INTO tenancy_changes (revision, tenant_id, version, \"keys\")
               SELECT revision, $1, $2, $3 FROM tenancy_revision";
    let text = keys.iter().map(TenantKey::to_tagged).collect::<Vec<_>>().join(" ");
    let values = vec![tenant.to_value(), version.to_value(), text.to_value()];
    connection.execute(DOING, sql.into_sql_str(), values).await?;
    let sql = "DELETE FROM tenancy_changes
               WHERE revision <= (SELECT revision FROM tenancy_revision) - $1";
    connection.execute(DOING, sql.into_sql_str(), vec![CHANGES_KEPT.to_value()]).await?;
    Ok(Invalidation { tenant, version, keys: keys.to_vec() })
}

impl SqlDirectory {
    pub(super) async fn read_changes(&self, revision: i64) -> Result<Changes, Error> {
        const DOING: &str = "ask what changed in the directory";
        let mut connection = self.db().begin_shared(Access::ReadOnly).await?;
        let sql = "SELECT revision FROM tenancy_revision";
        let read = |row: &mut dyn Row| i64::from_value(row.take(0, Kind::Int)?);
        let now = connection.fetch(DOING, sql.into_sql_str(), Vec::new(), read).await?;
        let now = now.first().copied().unwrap_or_default();
        if now <= revision {
            return Ok(Changes { revision: now, invalidations: Some(Vec::new()) });
        }
        let sql = "SELECT tenant_id, version, \"keys\" FROM tenancy_changes
                   WHERE revision > $1 AND revision <= $2 ORDER BY revision";
        let values = vec![revision.to_value(), now.to_value()];
        let changes = connection.fetch(DOING, sql.into_sql_str(), values, read_change).await?;
        // Some are no longer kept: then everything may have changed.
        let all = i64::try_from(changes.len()).is_ok_and(|count| count == now - revision);
        Ok(Changes { revision: now, invalidations: all.then_some(changes) })
    }
}

fn read_change(row: &mut dyn Row) -> Result<Invalidation, Error> {
    let tenant = TenantId::from_value(row.take(0, Kind::Uuid)?)?;
    let version = i64::from_value(row.take(1, Kind::Int)?)?;
    let keys = String::from_value(row.take(2, Kind::Text)?)?;
    let keys = keys.split_whitespace().map(TenantKey::from_tagged).collect::<Result<_, _>>();
    let keys = keys.map_err(|source| {
        Error::new(ErrorKind::Internal, "read a change of the directory").with_source(source)
    })?;
    Ok(Invalidation { tenant, version, keys })
}
