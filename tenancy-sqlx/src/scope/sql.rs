use std::fmt;
use std::sync::{Arc, OnceLock};

use sqlx::SqlStr;
use tenancy_core::entity::{FromTenantRow, Row, ToValue, Value};
use tenancy_core::{Error, ErrorKind};

use super::dialect::Dialect;
use super::named_row::Positions;
use super::scoped::Scoped;
use crate::handle::TenantTx;

/// A statement of one's own, within one tenant: made by [`TenantTx::sql`].
///
/// Nothing is sent before one of `execute` and the `fetch` methods.
#[must_use = "a statement does nothing before execute or a fetch"]
pub struct Sql<'tx> {
    tx: &'tx mut TenantTx,
    scoped: Result<Arc<Scoped>, Error>,
    values: Vec<Value>,
}

/// A statement that is ready to be sent.
struct Ready<'tx> {
    tx: &'tx mut TenantTx,
    sql: SqlStr,
    values: Vec<Value>,
    names_tenant: bool,
}

const DOING: &str = "run a statement";

impl TenantTx {
    /// Runs SQL of your own for the transaction's tenant: it names no tenant, the library does.
    ///
    /// Every table of tenants gets the condition that its rows are this tenant's, wherever it
    /// stands: joins, subqueries, common table expressions, unions, `UPDATE … FROM`,
    /// `DELETE … USING`. An `INSERT` gets the tenant's column and value, `ON CONFLICT` finds and
    /// updates rows of the tenant alone. Parameters are `$1`, `$2` and so on, on every database.
    ///
    /// What is not known is refused before anything is sent, with the reason and the place:
    /// tables that are not registered, other schemas, functions that are not on the list, comments,
    /// everything but `SELECT`, `INSERT`, `UPDATE` and `DELETE`. A statement is read once and
    /// remembered by its text, which is part of the program: values are bound, never written in.
    ///
    /// ```
    /// use tenancy_core::TenantId;
    /// use tenancy_sqlx::{FromTenantRow, Migration, TenantDb, TenantEntity};
    ///
    /// #[derive(TenantEntity)]
    /// #[tenant(table = "invoices")]
    /// struct Invoice {
    ///     #[tenant(key)]
    ///     id: i64,
    ///     tenant_id: TenantId,
    ///     status: String,
    ///     total_minor: i64,
    /// }
    ///
    /// #[derive(Debug, PartialEq, FromTenantRow)]
    /// struct Total {
    ///     status: String,
    ///     total: i64,
    /// }
    ///
    /// # const INVOICES: Migration = Migration::portable(1, "invoices",
    /// #     "CREATE TABLE invoices (tenant_id BLOB NOT NULL, id INTEGER NOT NULL,
    /// #      status TEXT NOT NULL, total_minor INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))");
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
    /// let db = TenantDb::options().register::<Invoice>().connect("sqlite::memory:").await?;
    /// db.migrate(&[INVOICES]).await?;
    /// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
    /// for (tenant, amount) in [(harbor, 250), (summit, 1_000_000)] {
    ///     let mut tx = db.tenant(tenant);
    ///     tx.sql("INSERT INTO invoices (id, status, total_minor) VALUES (1, 'open', $1)")
    ///         .bind(amount)
    ///         .execute()
    ///         .await?;
    ///     tx.commit().await?;
    /// }
    /// let totals = db
    ///     .read(harbor)
    ///     .sql("SELECT status, sum(total_minor) AS total FROM invoices GROUP BY status")
    ///     .fetch_all_as::<Total>()
    ///     .await?;
    /// assert_eq!(totals, [Total { status: "open".into(), total: 250 }]);
    /// # Ok(()) }
    /// ```
    pub fn sql(&mut self, text: &'static str) -> Sql<'_> {
        let dialect = Dialect::of(self.db().backend());
        let scoped = self.db().scoper().scope(dialect, text);
        Sql { tx: self, scoped, values: Vec::new() }
    }
}

impl<'tx> Sql<'tx> {
    /// Binds the next parameter: the first call is `$1`.
    #[expect(clippy::needless_pass_by_value, reason = "a call reads better without &")]
    pub fn bind<V: ToValue>(mut self, value: V) -> Self {
        self.values.push(value.to_value());
        self
    }

    /// Runs the statement and returns how many rows it touched.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when the statement is refused, when other values are bound
    /// than it takes, and for a write in a read-only transaction: nothing is sent.
    /// [`ErrorKind::Invalid`] for a text with a NUL. Then those of the database:
    /// [`ErrorKind::Conflict`] when a unique rule is broken or a referenced row is missing, with
    /// the rule as its subject, [`ErrorKind::Unavailable`] when no answer comes.
    ///
    /// # Cancel safety
    ///
    /// As [`TenantTx`] says: when dropped, the transaction takes no more and does not commit.
    pub async fn execute(self) -> Result<u64, Error> {
        let Ready { tx, sql, values, .. } = self.ready()?;
        tx.execute(DOING, sql, values).await
    }

    /// Runs the statement and reads all its rows, by the names of their columns.
    ///
    /// A row that shows another tenant in a column like `tenant_id` is an error: the condition
    /// lets none through, and this says so if it ever did.
    ///
    /// # Errors
    ///
    /// Those of [`execute`](Self::execute); [`ErrorKind::Misconfigured`] when a column of `T` is
    /// missing or there twice, [`ErrorKind::Internal`] when it holds another type,
    /// [`ErrorKind::ForeignTenant`] for a row of another tenant.
    ///
    /// # Cancel safety
    ///
    /// As that of [`execute`](Self::execute).
    pub async fn fetch_all_as<T: FromTenantRow>(self) -> Result<Vec<T>, Error> {
        let Ready { tx, sql, values, names_tenant } = self.ready()?;
        let (db, tenant) = (tx.db().clone(), tx.tenant());
        let columns = if names_tenant { db.scoper().tenant_columns() } else { &[] };
        // All rows of a result have the same columns.
        let positions = OnceLock::new();
        let read = |row: &mut dyn Row| {
            let positions = if let Some(known) = positions.get() {
                known
            } else {
                let found = Positions::of::<T>(row, columns)?;
                positions.get_or_init(|| found)
            };
            positions.read::<T>(row, tenant)
        };
        tx.fetch(DOING, sql, values, read).await
    }

    /// Runs the statement and reads its row, if there is one.
    ///
    /// # Errors
    ///
    /// Those of [`fetch_all_as`](Self::fetch_all_as); [`ErrorKind::Internal`] for more than one row.
    ///
    /// # Cancel safety
    ///
    /// As that of [`execute`](Self::execute).
    pub async fn fetch_optional_as<T: FromTenantRow>(self) -> Result<Option<T>, Error> {
        let mut rows = self.fetch_all_as::<T>().await?;
        if rows.len() > 1 {
            let message = "read one row: more came back: narrow the WHERE, or add LIMIT 1";
            return Err(Error::new(ErrorKind::Internal, message));
        }
        Ok(rows.pop())
    }

    /// Runs the statement and reads its one row.
    ///
    /// # Errors
    ///
    /// Those of [`fetch_optional_as`](Self::fetch_optional_as); [`ErrorKind::NotFound`] when there
    /// is no row.
    ///
    /// # Cancel safety
    ///
    /// As that of [`execute`](Self::execute).
    pub async fn fetch_one_as<T: FromTenantRow>(self) -> Result<T, Error> {
        let row = self.fetch_optional_as::<T>().await?;
        row.ok_or_else(|| Error::new(ErrorKind::NotFound, "read one row: there is none"))
    }

    /// Everything that can be wrong before anything is sent.
    fn ready(self) -> Result<Ready<'tx>, Error> {
        let Self { tx, scoped, values } = self;
        let scoped = scoped?;
        if scoped.is_write() {
            tx.require_write()?;
        }
        let values = scoped.complete(values, tx.tenant().to_value())?;
        let sql = scoped.text(&values)?;
        Ok(Ready { tx, sql, values, names_tenant: scoped.names_tenant() })
    }
}

impl fmt::Debug for Sql<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sql")
            .field("tenant", &self.tx.tenant())
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}
