use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{Error, ErrorKind, Tenant, TenantId};

/// How much of a database one tenant may have at a time, so that it does not take what others need:
/// set by [`TenantDbOptions::share`](crate::TenantDbOptions::share).
///
/// ```
/// use std::time::Duration;
/// use tenancy_sqlx::TenantShare;
///
/// let share = TenantShare::new().connections(4).statement_timeout(Duration::from_secs(5));
/// assert_ne!(share, TenantShare::new());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantShare {
    connections: Option<u32>,
    statement_timeout: Option<Duration>,
}

impl TenantShare {
    /// Starts with no bound but those of all tenants together.
    pub const fn new() -> Self {
        Self { connections: None, statement_timeout: None }
    }

    /// Sets the most transactions that the tenant has open at once in this program, 1 at least. Others
    /// wait for their turn, up to the acquire time-out, and are then refused with
    /// [`ErrorKind::Overloaded`].
    ///
    /// A task that keeps one transaction open while it begins another for the same tenant needs 2:
    /// with 1 it would wait for itself.
    pub const fn connections(mut self, connections: u32) -> Self {
        self.connections = Some(if connections == 0 { 1 } else { connections });
        self
    }

    /// Sets how long the database may work on one statement of the tenant, shorter or longer than
    /// [`TenantDbOptions::statement_timeout`](crate::TenantDbOptions::statement_timeout).
    ///
    /// It travels with the message that begins the transaction. SQLite has none.
    pub const fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    pub(crate) const fn most_connections(self) -> Option<u32> {
        self.connections
    }

    pub(crate) fn time_of_a_statement(self, usual: Duration) -> Duration {
        self.statement_timeout.unwrap_or(usual)
    }
}

/// Says what each tenant's share is.
#[derive(Clone)]
pub(crate) enum ShareRule {
    Same(TenantShare),
    ById(Arc<dyn Fn(TenantId) -> TenantShare + Send + Sync>),
    ByRecord(Arc<dyn Fn(&Tenant) -> TenantShare + Send + Sync>),
}

impl ShareRule {
    /// `record` is what the directory says, if there is one.
    pub(crate) fn of(
        &self,
        tenant: TenantId,
        record: Option<&Tenant>,
    ) -> Result<TenantShare, Error> {
        match (self, record) {
            (Self::Same(share), _) => Ok(*share),
            (Self::ById(rule), _) => Ok(rule(tenant)),
            (Self::ByRecord(rule), Some(record)) => Ok(rule(record)),
            (Self::ByRecord(_), None) => Err(Error::new(
                ErrorKind::Misconfigured,
                "find the share of a tenant: TenantDbOptions::share_by_record needs the directory \
                 that knows it: give it by TenantDb::with_directory",
            )),
        }
    }
}

impl fmt::Debug for ShareRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(share) => f.debug_tuple("Same").field(share).finish(),
            Self::ById(_) => f.write_str("ById"),
            Self::ByRecord(_) => f.write_str("ByRecord"),
        }
    }
}
