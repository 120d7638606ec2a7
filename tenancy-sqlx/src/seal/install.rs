use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::entity::ToValue as _;
use tenancy_core::{Error, ErrorKind};
use time::OffsetDateTime;

use super::SealKey;
use crate::TenantDb;
use crate::backend::Access;
use crate::migrate;
use crate::pool::{Place, Room};

/// The body of the function, as the catalogue keeps it.
pub(super) const BODY: &str = include_str!("current_tenant.sql");

/// Makes the function and its table, and adds a key, as their owner.
pub(crate) async fn install(db: &TenantDb, key: &SealKey) -> Result<(), Error> {
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    // The function is the database's: tenants whose schemas are made side by side wait here.
    let shared = db.at(Place { room: Room::Shared, ..db.place() });
    migrate::lock(&shared, &mut connection).await?;
    connection.script("install sealed binding", script()).await?;
    let add = "INSERT INTO tenancy.seal_keys AS key (version, inner_pad, outer_pad)
               VALUES ($1, $2, $3)
               ON CONFLICT (version) DO UPDATE SET version = excluded.version
               WHERE key.inner_pad = excluded.inner_pad AND key.outer_pad = excluded.outer_pad";
    let (inner, outer) = key.pads();
    let values = vec![
        i64::from(key.version()).to_value(),
        inner.to_vec().to_value(),
        outer.to_vec().to_value(),
    ];
    let added = connection.execute("add a seal key", add.into_sql_str(), values).await?;
    if added == 0 {
        return Err(Error::new(
            ErrorKind::Misconfigured,
            format!(
                "add a seal key: version {} is another key: give a new key a new version",
                key.version(),
            ),
        ));
    }
    connection.commit().await
}

/// Ends a key: transactions that begin after this time see nothing with it.
pub(crate) async fn expire(db: &TenantDb, version: u32, at: OffsetDateTime) -> Result<(), Error> {
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    let sql = "UPDATE tenancy.seal_keys SET expires_at = $2 WHERE version = $1";
    let values = vec![i64::from(version).to_value(), at.to_value()];
    if connection.execute("expire a seal key", sql.into_sql_str(), values).await? == 0 {
        let message = format!("expire a seal key: there is no version {version}");
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    connection.commit().await
}

/// Parallel workers have another process id; a policy's function runs in the leader.
fn script() -> SqlStr {
    let tables = include_str!("install.sql");
    AssertSqlSafe(format!(
        "{tables}CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid
         LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
         SET search_path = pg_catalog, pg_temp
         AS $tenancy${BODY}$tenancy$;
         GRANT EXECUTE ON FUNCTION tenancy.current_tenant() TO PUBLIC;"
    ))
    .into_sql_str()
}
