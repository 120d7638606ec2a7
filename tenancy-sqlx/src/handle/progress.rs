use tenancy_core::{Error, ErrorKind};

use crate::backend::Connection;

/// How far a handle's transaction has come: it begins at the first statement.
pub(super) enum Progress {
    /// No statement yet.
    NotBegun,
    /// It is being begun, or a call of several statements has the connection; if this is what a
    /// later call finds, that failed or was cancelled.
    Beginning,
    Begun(Connection),
}

impl Progress {
    pub(super) const fn is_begun(&self) -> bool {
        matches!(self, Self::Begun(_))
    }

    /// Returns the connection; `begin` is awaited when there is none yet.
    pub(super) async fn connection(
        &mut self,
        begin: impl Future<Output = Result<Connection, Error>>,
    ) -> Result<&mut Connection, Error> {
        if let Self::NotBegun = self {
            *self = Self::Beginning;
            *self = Self::Begun(begin.await?);
        }
        match self {
            Self::Begun(connection) => Ok(connection),
            Self::NotBegun | Self::Beginning => Err(not_begun()),
        }
    }

    /// Takes the connection out of a transaction that has begun: where it is not put back, the
    /// transaction is gone.
    pub(super) fn lend(&mut self) -> Result<Connection, Error> {
        match std::mem::replace(self, Self::Beginning) {
            Self::Begun(connection) => Ok(connection),
            Self::NotBegun | Self::Beginning => Err(not_begun()),
        }
    }

    pub(super) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Begun(connection) => connection.commit().await,
            Self::NotBegun => Ok(()),
            Self::Beginning => Err(not_begun()),
        }
    }

    pub(super) async fn rollback(self) -> Result<(), Error> {
        match self {
            Self::Begun(connection) => connection.rollback().await,
            Self::NotBegun | Self::Beginning => Ok(()),
        }
    }
}

/// The first statement did not happen: a later one may not pass for the whole.
fn not_begun() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "use a transaction: its begin failed, or an earlier call was cancelled",
    )
}
