//! How far a replica of Postgres has come, held against how far its primary is.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use tokio::time::timeout;

use super::positions::Standing;
use super::postgres::address;

/// Two connections beside the pools: one to a primary, one to its replica.
pub(crate) struct PgPositions {
    primary: PgConnection,
    replica: PgConnection,
}

impl PgPositions {
    /// None when the second is no replica of the first, or no replica any more.
    pub(crate) async fn between(
        primary: &str,
        replica: &str,
        patience: Duration,
    ) -> sqlx::Result<Option<Self>> {
        const IDENTITY: &str = "SELECT system_identifier FROM pg_catalog.pg_control_system()";
        let address = |url| address(url).map_err(|error| sqlx::Error::Configuration(error.into()));
        let (primary, replica) = (address(primary)?, address(replica)?);
        let work = async {
            let mut primary = PgConnection::connect_with(&primary).await?;
            let mut replica = PgConnection::connect_with(&replica).await?;
            let own = number(&mut primary, IDENTITY).await?;
            let its = number(&mut replica, IDENTITY).await?;
            Ok((own == its).then_some(Self { primary, replica }))
        };
        timeout(patience * 2, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Asks both. None when the replica is none any more.
    pub(crate) async fn ask(&mut self, patience: Duration) -> sqlx::Result<Option<Standing>> {
        // Where the next record goes, and not what is on disk: with synchronous_commit = off a
        // commit is answered before.
        const WRITTEN: &str = "SELECT pg_catalog.pg_wal_lsn_diff(
            pg_catalog.pg_current_wal_insert_lsn(), '0/0')::pg_catalog.int8";
        const REPLAYED: &str = "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN
            pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_replay_lsn(), '0/0')::pg_catalog.int8
            END";
        let work = async {
            let written = number(&mut self.primary, WRITTEN).await?;
            let replayed = number(&mut self.replica, REPLAYED).await?;
            let both = written.zip(replayed);
            Ok(both.map(|(written, replayed)| Standing { written, replayed }))
        };
        timeout(patience, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }
}

/// Nothing is prepared: a pooler may stand there.
async fn number(connection: &mut PgConnection, sql: &'static str) -> sqlx::Result<Option<i64>> {
    sqlx::raw_sql(sql).fetch_one(connection).await?.try_get(0)
}
