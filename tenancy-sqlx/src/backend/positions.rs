use std::time::Duration;

#[cfg(feature = "postgres")]
use super::postgres_position::PgPositions;

/// Where two servers stand in the write-ahead log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// Behind all that the primary had committed when it was asked.
    pub(crate) written: i64,
    /// What a reader of the replica sees. It was asked after the primary.
    pub(crate) replayed: i64,
}

/// Two connections beside the pools, that ask a server and its replica how far they are. Only
/// Postgres has replicas that are asked.
pub(crate) enum Positions {
    #[cfg(feature = "postgres")]
    Postgres(PgPositions),
}

impl Positions {
    /// None when the second is no replica of the first.
    pub(crate) async fn between(
        primary: &str,
        replica: &str,
        patience: Duration,
    ) -> sqlx::Result<Option<Self>> {
        #[cfg(feature = "postgres")]
        {
            let found = PgPositions::between(primary, replica, patience).await?;
            Ok(found.map(Self::Postgres))
        }
        #[cfg(not(feature = "postgres"))]
        {
            let _ = (primary, replica, patience);
            Ok(None)
        }
    }

    /// Asks both. None when the replica is none any more.
    pub(crate) async fn ask(&mut self, patience: Duration) -> sqlx::Result<Option<Standing>> {
        #[cfg(feature = "postgres")]
        {
            let Self::Postgres(positions) = self;
            positions.ask(patience).await
        }
        #[cfg(not(feature = "postgres"))]
        {
            let _ = patience;
            match *self {}
        }
    }
}
