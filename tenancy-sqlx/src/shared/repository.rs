use std::marker::PhantomData;

use tenancy_core::entity::{FromValue as _, Kind, Row, SharedEntity, ToValue as _, Value};
use tenancy_core::{Error, ErrorKind, Page, Slice};

use super::Statements;
use super::statements::update_order;
use crate::handle::SharedTx;

/// The rows of one shared entity.
///
/// ```
/// use tenancy_core::Page;
/// use tenancy_sqlx::{Migration, SharedEntity, TenantDb};
///
/// #[derive(Debug, Clone, PartialEq, SharedEntity)]
/// #[tenant(table = "currencies")]
/// struct Currency {
///     #[tenant(key)]
///     code: String,
///     digits: i64,
/// }
///
/// const CURRENCIES: Migration = Migration::portable(
///     1,
///     "currencies",
///     "CREATE TABLE currencies (code TEXT PRIMARY KEY, digits INTEGER NOT NULL)",
/// );
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let db = TenantDb::options().register_shared::<Currency>().connect("sqlite::memory:").await?;
/// db.migrate(&[CURRENCIES]).await?;
///
/// let mut tx = db.shared();
/// let yen = tx.repo().insert(Currency { code: "JPY".into(), digits: 0 }).await?;
/// tx.repo().insert(Currency { code: "EUR".into(), digits: 2 }).await?;
/// tx.commit().await?;
///
/// let all = db.read_shared().repo::<Currency>().list(Page::oldest(10)).await?;
/// assert_eq!(all.items.last(), Some(&yen));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SharedRepository<'tx, E> {
    tx: &'tx mut SharedTx,
    entity: PhantomData<fn() -> E>,
}

impl<'tx, E: SharedEntity> SharedRepository<'tx, E> {
    pub(crate) fn new(tx: &'tx mut SharedTx) -> Self {
        Self { tx, entity: PhantomData }
    }

    /// Inserts a row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when a unique rule is broken or a referenced row is missing, with
    /// the constraint as [`subject`](Error::subject); [`ErrorKind::Invalid`] when another rule of
    /// the table is broken; [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn insert(&mut self, entity: E) -> Result<E, Error> {
        self.tx.require_write()?;
        let sql = self.statements()?.insert.clone();
        self.tx.execute("insert a row", sql, entity.values()).await?;
        Ok(entity)
    }

    /// Returns the row with this key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer; this holds for every verb.
    pub async fn get(&mut self, key: &E::Key) -> Result<Option<E>, Error> {
        let sql = self.statements()?.get.clone();
        let values = vec![key.to_value()];
        Ok(self.tx.fetch("read a row", sql, values, E::from_row).await?.pop())
    }

    /// Returns a page of rows.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn list(&mut self, page: Page<E::Key>) -> Result<Slice<E>, Error> {
        let sql = self.statements()?.list(page.order(), page.start().is_some());
        let after = page.start().map(tenancy_core::entity::ToValue::to_value);
        let one_more = i64::from(page.limit()) + 1;
        let values = after.into_iter().chain([one_more.to_value()]).collect();
        let rows = self.tx.fetch("list rows", sql, values, E::from_row).await?;
        Ok(Slice::from_rows(rows, page.limit()))
    }

    /// Counts the rows.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn count(&mut self) -> Result<u64, Error> {
        let sql = self.statements()?.count.clone();
        let read = |row: &mut dyn Row| i64::from_value(row.take(0, Kind::Int)?);
        let counts = self.tx.fetch("count rows", sql, Vec::new(), read).await?;
        Ok(counts.first().map_or(0, |count| u64::try_from(*count).unwrap_or_default()))
    }

    /// Writes all columns of an existing row. Its key never changes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such row, and as [`insert`](Self::insert).
    pub async fn update(&mut self, entity: E) -> Result<E, Error> {
        self.tx.require_write()?;
        let sql = self.statements()?.update.clone();
        let mut columns = entity.values();
        let mut take = |at: usize| std::mem::replace(&mut columns[at], Value::Null(Kind::Bool));
        let order = update_order(&E::TABLE).chain([E::TABLE.key()]);
        let values = order.map(&mut take).collect();
        match self.tx.execute("update a row", sql, values).await? {
            0 => Err(Error::new(ErrorKind::NotFound, "update a row: there is none with this key")),
            _ => Ok(entity),
        }
    }

    /// Deletes a row; tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when another row refers to it, and as [`get`](Self::get).
    pub async fn delete(&mut self, key: &E::Key) -> Result<bool, Error> {
        self.tx.require_write()?;
        let sql = self.statements()?.delete.clone();
        Ok(self.tx.execute("delete a row", sql, vec![key.to_value()]).await? > 0)
    }

    fn statements(&self) -> Result<&Statements, Error> {
        self.tx.db().shared_registry().statements::<E>()
    }
}
