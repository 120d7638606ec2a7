use std::borrow::Cow;
use std::fmt;

use sqlx::SqlStr;
use tenancy_core::entity::{Row, Value};
use tenancy_core::{Bypass, BypassPurpose, Error, ServerName, TenantEntity, TenantId};

use super::progress::Progress;
use crate::TenantDb;
use crate::backend::Connection;
use crate::cross_tenant::CrossTenantRepository;

/// A transaction that reads the rows of all tenants in the shared tables of one server, for whoever
/// holds a [`Bypass`].
///
/// It runs on connections of its own, as a database role of its own: see
/// [`TenantDbOptions::cross_tenant`](crate::TenantDbOptions::cross_tenant). The role of a
/// [`TenantTx`](crate::TenantTx) cannot do what this one can. It is read-only: its verbs read, the
/// database refuses a write in it, and a role that may write is refused when it is opened.
///
/// Each verb is recorded before it runs: in the platform's log, or in the log of the tenant when
/// it asks for a single one. A bypass that has expired meanwhile reads nothing more.
///
/// It begins at its first statement, takes nothing after a failed one, and may be dropped at any
/// point.
///
/// # Panics
///
/// When it is dropped outside a tokio runtime after it has begun.
pub struct CrossTenantTx<P> {
    db: TenantDb,
    server: Option<ServerName>,
    bypass: Bypass<P>,
    progress: Progress,
}

impl<P: BypassPurpose> CrossTenantTx<P> {
    pub(crate) fn new(db: TenantDb, server: Option<ServerName>, bypass: Bypass<P>) -> Self {
        Self { db, server, bypass, progress: Progress::NotBegun }
    }

    /// Returns the server whose tenants it reads; none for the first one. Tenants elsewhere, and
    /// those in a schema or a database of their own, are not among them.
    pub const fn server(&self) -> Option<&ServerName> {
        self.server.as_ref()
    }

    /// Returns the bypass that opened it.
    pub const fn bypass(&self) -> &Bypass<P> {
        &self.bypass
    }

    /// Returns the rows of an entity, whoever's they are.
    pub fn repo<E: TenantEntity>(&mut self) -> CrossTenantRepository<'_, P, E> {
        CrossTenantRepository::new(self)
    }

    /// Ends the transaction and waits for it. Dropping it does so in background.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the database does
    /// not answer.
    pub async fn close(self) -> Result<(), Error> {
        self.progress.rollback().await
    }

    pub(crate) fn db(&self) -> &TenantDb {
        &self.db
    }

    /// Has a statement recorded, for all tenants or for one, and runs it.
    pub(crate) async fn fetch<T: Send>(
        &mut self,
        (tenant, what): (Option<TenantId>, &str),
        doing: &'static str,
        (sql, values): (SqlStr, Vec<Value>),
        read: impl Fn(&mut dyn Row) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        match tenant {
            Some(tenant) => self.bypass.use_on(tenant, &self.at_server(what)).await?,
            None => self.record(what).await?,
        }
        self.connection().await?.fetch(doing, sql, values, read).await
    }

    /// Has a use recorded that concerns all tenants.
    pub(crate) async fn record(&mut self, what: &str) -> Result<(), Error> {
        self.bypass.use_for(&self.at_server(what)).await
    }

    fn at_server<'a>(&self, what: &'a str) -> Cow<'a, str> {
        match &self.server {
            None => what.into(),
            Some(server) => format!("{what}, at the server {server}").into(),
        }
    }

    async fn connection(&mut self) -> Result<&mut Connection, Error> {
        let begin = self.db.begin_cross_tenant(self.server.as_ref());
        self.progress.connection(begin).await
    }
}

impl<P: BypassPurpose> fmt::Debug for CrossTenantTx<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossTenantTx")
            .field("bypass", &self.bypass)
            .field("begun", &self.progress.is_begun())
            .finish_non_exhaustive()
    }
}
