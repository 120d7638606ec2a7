use sqlx::PgConnection;
use tenancy_core::{Error, ErrorKind};

use super::TenantTx;

/// SQL of your own without the library, where the database itself guards it.
impl TenantTx {
    /// Lends the transaction's connection as an executor of sqlx, so that `sqlx::query!` and code
    /// that exists keep working.
    ///
    /// Only under [sealed binding](crate::TenantDbOptions::sealed) on Postgres: there a statement
    /// sees the rows of this tenant whatever it says, be it injected. Under any other binding
    /// a plain `SET` would be enough to see another tenant's.
    ///
    /// ```no_run
    /// # use tenancy_core::{Error, TenantId};
    /// # use tenancy_sqlx::TenantDb;
    /// async fn open_invoices(db: &TenantDb, tenant: TenantId) -> Result<i64, Box<dyn std::error::Error>> {
    ///     let mut tx = db.read(tenant);
    ///     let count = sqlx::query_scalar("SELECT count(*) FROM invoices WHERE paid_at IS NULL")
    ///         .fetch_one(tx.executor().await?)
    ///         .await?;
    ///     Ok(count)
    /// }
    /// ```
    ///
    /// The library does not see what happens there: a statement that you drop half-way runs to its
    /// end, and the transaction goes on. One that failed is noticed by the commit. To begin or to
    /// end transactions there leaves this one without its tenant: it sees no rows any more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] without sealed binding; otherwise as a statement.
    pub async fn executor(&mut self) -> Result<&mut PgConnection, Error> {
        if !self.db().is_sealed() {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "lend an executor: only sealed binding on Postgres guards what is done with one: \
                 add .sealed(key) to TenantDb::options(), or use a repository",
            ));
        }
        self.connection().await?.lend().await
    }
}
