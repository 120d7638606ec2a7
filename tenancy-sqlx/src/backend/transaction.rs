use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::Connection as _;
use sqlx::pool::PoolConnection;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgTransactionManager;
use sqlx::{Pool, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;
use tenancy_core::{Error, ErrorKind};
use tokio::time::{Instant, sleep, timeout};

use super::error::{from_sqlx, is_busy, is_disconnect};
use super::lease::Lease;
use super::opening::Opening;
use super::row::Codec;
use super::savepoints::{SavepointId, Savepoints};

/// How long to leave a SQLite file alone that another process is setting up.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Whether a transaction may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

impl Access {
    /// Refuses a write before it is sent; `remedy` says what to do instead.
    pub(crate) fn require_write(self, remedy: &'static str) -> Result<(), Error> {
        match self {
            Self::ReadWrite => Ok(()),
            Self::ReadOnly => Err(Error::new(ErrorKind::Misconfigured, remedy)),
        }
    }
}

/// A transaction of our own, because sqlx's is not safe to cancel.
///
/// In sqlx 0.9.0 a cancelled `begin` leaves the next borrower of the connection inside the
/// victim's transaction, and a failed one leaves it aborted. Here a begin that is dropped
/// half-way is finished by a task and then rolled back; a failed one closes its connection; and
/// a transaction in which a statement was cancelled or failed never commits.
pub(crate) struct Transaction<DB: Codec> {
    connection: PoolConnection<DB>,
    state: State,
    /// Whether a statement of it has succeeded.
    used: bool,
    /// Whether statements may have run in it that were not seen here.
    lent: bool,
    savepoints: Savepoints,
    /// Given back behind the connection.
    _lease: Lease,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `BEGIN` is on its way.
    Opening,
    /// Ready for a statement.
    Open,
    /// A statement runs; if this is what a later call finds, it was cancelled.
    Busy,
    /// A statement failed. Rolling back to a savepoint mends that.
    Failed,
    /// What comes next on the wire is not known: the connection is of no more use.
    Lost,
    /// Committed or rolled back.
    Done,
}

impl<DB: Codec> Transaction<DB> {
    /// Begins with one message. A broken idle connection is dropped and the next one tried.
    ///
    /// Cancel-safe at every point.
    ///
    /// `patience` bounds the answer to `BEGIN`: a server that went silent looks like an idle one.
    pub(crate) async fn begin(
        pool: &Pool<DB>,
        opening: impl Opening<DB>,
        patience: Duration,
        lease: Lease,
    ) -> Result<Self, Error> {
        const DOING: &str = "begin a transaction";
        // After a restart of the server every idle connection may be broken, but no more.
        let mut tries = pool.options().get_max_connections();
        let until = Instant::now() + patience;
        loop {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that acquires")]
            let connection = match pool.acquire().await {
                Ok(connection) => connection,
                Err(error) if is_busy(&error) && Instant::now() < until => {
                    sleep(BUSY_PAUSE).await;
                    continue;
                }
                Err(error) => return Err(from_sqlx(DOING, error)),
            };
            let begin = FinishOnDrop::begin(connection, opening.clone(), patience, lease.clone());
            match begin.await {
                Ok(transaction) => return Ok(transaction),
                Err(error) if is_disconnect(&error) && tries > 0 => tries -= 1,
                Err(error) => return Err(from_sqlx(DOING, error)),
            }
        }
    }

    /// Lends the connection for one statement; [`leave`](Self::leave) must follow.
    pub(crate) async fn enter(&mut self) -> Result<&mut DB::Connection, Error> {
        self.settle().await?;
        let refusal = match self.state {
            State::Open => {
                self.state = State::Busy;
                return Ok(&mut self.connection);
            }
            State::Opening | State::Busy => "an earlier statement of it was cancelled",
            State::Failed | State::Lost => "an earlier statement of it failed",
            State::Done => "it has ended",
        };
        Err(Error::new(ErrorKind::Conflict, format!("use a transaction: {refusal}")))
    }

    /// Ends the statement begun by [`enter`](Self::enter).
    ///
    /// A failed one spoils the transaction on every database: Postgres would answer a later
    /// COMMIT by rolling back, without an error.
    pub(crate) fn leave<T>(
        &mut self,
        doing: &'static str,
        result: Result<T, sqlx::Error>,
    ) -> Result<T, Error> {
        self.state = match &result {
            Ok(_) => State::Open,
            Err(sqlx::Error::Database(_)) => State::Failed,
            Err(_) if DB::SURVIVES_CANCEL => State::Failed,
            Err(_) => State::Lost,
        };
        self.used |= result.is_ok();
        result.map_err(|error| from_sqlx(doing, error))
    }

    /// Sets a savepoint inside of those that are open.
    pub(crate) async fn set_savepoint(&mut self) -> Result<SavepointId, Error> {
        let id = SavepointId::next();
        let result = DB::run(self.enter().await?, id.set()).await;
        self.leave("set a savepoint", result)?;
        self.savepoints.push(id);
        Ok(id)
    }

    /// Keeps what was done since the innermost savepoint, as a part of what is around it.
    pub(crate) async fn release(&mut self, id: SavepointId) -> Result<(), Error> {
        self.settle().await?;
        self.savepoints.require_innermost(id)?;
        let result = DB::run(self.enter().await?, id.release()).await;
        self.leave("release a savepoint", result)?;
        self.savepoints.pop();
        Ok(())
    }

    /// Takes back what was done since a savepoint, also what failed.
    pub(crate) async fn roll_back_to(&mut self, id: SavepointId) -> Result<(), Error> {
        self.give_up(id);
        self.settle().await?;
        match self.state {
            State::Open => Ok(()),
            _ => self.enter().await.map(drop),
        }
    }

    /// Rolls back to a savepoint before the next statement, or the commit.
    pub(crate) fn give_up(&mut self, id: SavepointId) {
        if !self.savepoints.give_up(id) {
            self.state = State::Lost;
        }
    }

    /// Does what a dropped savepoint has left to do. A statement that was cancelled half-way is
    /// not mended by that.
    async fn settle(&mut self) -> Result<(), Error> {
        if !matches!(self.state, State::Open | State::Failed) {
            return Ok(());
        }
        let Some(id) = self.savepoints.take_given_up() else { return Ok(()) };
        self.state = State::Busy;
        let result = DB::run(&mut self.connection, id.roll_back()).await;
        self.state = if result.is_ok() { State::Open } else { State::Lost };
        result.map_err(|error| from_sqlx("roll back to a savepoint", error))
    }

    /// Takes no more statements and does not commit: what came back cannot be trusted.
    pub(crate) fn spoil(&mut self) {
        self.state = State::Failed;
    }

    /// Gives the connection to nobody after this transaction.
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(crate) fn close_after(&mut self) {
        self.connection.close_on_drop();
    }

    /// Tells whether nobody may get the connection again.
    fn is_lost(&self) -> bool {
        match self.state {
            State::Lost => true,
            State::Busy => !DB::SURVIVES_CANCEL,
            State::Opening | State::Open | State::Failed | State::Done => false,
        }
    }

    /// Commits. When this is cancelled or fails, whether it took effect is not known.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        self.settle().await?;
        self.savepoints.require_none()?;
        if self.lent {
            // After a statement that failed unseen, Postgres answers COMMIT by rolling back,
            // without an error. This statement then fails.
            let result = DB::run(self.enter().await?, "SELECT 1".into_sql_str()).await;
            self.leave("commit a transaction: a statement of it failed", result)?;
        }
        let result = DB::TransactionManager::commit(self.enter().await?).await;
        self.leave("commit a transaction", result)?;
        self.state = State::Done;
        Ok(())
    }

    /// Rolls back and waits for it, unless the connection is closed: that rolls back too.
    pub(crate) async fn rollback(mut self) -> Result<(), Error> {
        if self.is_lost() {
            return Ok(());
        }
        self.state = State::Busy;
        let result = DB::TransactionManager::rollback(&mut self.connection).await;
        self.leave("roll back a transaction", result)?;
        self.state = State::Done;
        Ok(())
    }
}

#[cfg(feature = "postgres")]
impl Transaction<sqlx::Postgres> {
    /// Lends the connection for statements that are not seen here.
    pub(crate) async fn lend(&mut self) -> Result<&mut sqlx::PgConnection, Error> {
        self.enter().await?;
        (self.state, self.used, self.lent) = (State::Open, true, true);
        Ok(&mut self.connection)
    }

    /// Tells whether nothing would be lost by beginning anew.
    pub(crate) const fn is_unused(&self) -> bool {
        !self.used
    }

    /// Begins anew on the same connection, which forgets the statements it has prepared.
    ///
    /// Dropped half-way, the connection is closed.
    pub(crate) async fn restart(
        &mut self,
        opening: impl Opening<sqlx::Postgres>,
        patience: Duration,
    ) -> Result<(), Error> {
        self.state = State::Opening;
        let connection = &mut *self.connection;
        let work = async {
            PgTransactionManager::rollback(connection).await?;
            connection.clear_cached_statements().await?;
            opening.open(connection).await
        };
        let result = timeout(patience, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        result.map_err(|error| from_sqlx("begin a transaction anew", error))?;
        self.state = State::Open;
        Ok(())
    }
}

impl<DB: Codec> Drop for Transaction<DB> {
    fn drop(&mut self) {
        if self.is_lost() {
            self.connection.close_on_drop();
        }
        match self.state {
            State::Done => {}
            // How far BEGIN came is not known: nobody may get this connection again.
            State::Opening => self.connection.close_on_drop(),
            // Queued here, flushed by the pool before the next borrower gets the connection.
            State::Open | State::Busy | State::Failed | State::Lost => {
                DB::TransactionManager::start_rollback(&mut self.connection);
            }
        }
    }
}

type Begin<DB> = Pin<Box<dyn Future<Output = sqlx::Result<Transaction<DB>>> + Send>>;

/// Polls a begin in place, which is the usual path and costs no task; hands it to a task only
/// when it is dropped half-way, so that the connection comes back clean.
struct FinishOnDrop<DB: Codec>(Option<Begin<DB>>);

impl<DB: Codec> FinishOnDrop<DB> {
    fn begin(
        connection: PoolConnection<DB>,
        opening: impl Opening<DB>,
        patience: Duration,
        lease: Lease,
    ) -> Self {
        let savepoints = Savepoints::default();
        let mut transaction = Transaction {
            connection,
            state: State::Opening,
            used: false,
            lent: false,
            savepoints,
            _lease: lease,
        };
        Self(Some(Box::pin(async move {
            let begin = opening.open(&mut transaction.connection);
            timeout(patience, begin).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            transaction.state = State::Open;
            Ok(transaction)
        })))
    }
}

impl<DB: Codec> Future for FinishOnDrop<DB> {
    type Output = sqlx::Result<Transaction<DB>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let begin = self.0.as_mut().expect("not polled after completion");
        let out = begin.as_mut().poll(context);
        if out.is_ready() {
            self.0 = None;
        }
        out
    }
}

impl<DB: Codec> Drop for FinishOnDrop<DB> {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Handle::try_current();
        if let (Some(begin), Ok(runtime)) = (self.0.take(), runtime) {
            runtime.spawn(begin);
        }
    }
}
