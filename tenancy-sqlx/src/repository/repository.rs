use std::marker::PhantomData;

use async_trait::async_trait;
use tenancy_core::entity::{FromValue as _, IntoEntity, Kind, Row, ToValue as _, Value};
use tenancy_core::{Error, ErrorKind, Page, Slice, TenantEntity, TenantId, TenantScoped};

use super::statements::{Statements, insert_order, update_order};
use crate::backend::Backend;
use crate::handle::{TenantTx, tell_crossing};

/// The rows of one entity that belong to the transaction's tenant.
///
/// Every statement names the tenant, every row that comes back is checked for it, and an entity
/// of another tenant is refused before anything is sent. [`TenantScoped`] is the same as a trait.
///
/// ```no_run
/// # use tenancy_core::{Error, Page, TenantId};
/// # use tenancy_sqlx::{TenantDb, TenantEntity};
/// # #[derive(TenantEntity)]
/// # #[tenant(table = "notes")]
/// # struct Note { #[tenant(key)] id: i64, tenant_id: TenantId, text: String }
/// async fn titles(db: &TenantDb, tenant: TenantId) -> Result<Vec<String>, Error> {
///     let mut tx = db.read(tenant);
///     let notes = tx.repo::<Note>().list(Page::newest(20)).await?;
///     Ok(notes.items.into_iter().map(|note| note.text).collect())
/// }
/// ```
#[derive(Debug)]
pub struct Repository<'tx, E> {
    tx: &'tx mut TenantTx,
    entity: PhantomData<fn() -> E>,
}

impl<'tx, E: TenantEntity> Repository<'tx, E> {
    pub(crate) fn new(tx: &'tx mut TenantTx) -> Self {
        Self { tx, entity: PhantomData }
    }

    /// Inserts a row: a draft gets the tenant now, a whole entity must have it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignTenant`] for an entity of another tenant, nothing is sent;
    /// [`ErrorKind::Conflict`] when a unique rule is broken or a referenced row is missing, with
    /// the constraint as [`subject`](Error::subject); [`ErrorKind::Invalid`] when another rule of
    /// the table is broken; [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn insert(&mut self, new: impl IntoEntity<E>) -> Result<E, Error> {
        self.tx.require_write()?;
        let entity = new.into_entity(self.tx.tenant());
        self.require_own(&entity)?;
        let sql = self.statements()?.insert.clone();
        let mut values = entity.values();
        // Whatever the entity says there: this is the transaction's tenant.
        values[E::TABLE.tenant()] = self.tx.tenant().to_value();
        let values = insert_order(&E::TABLE).map(|at| take(&mut values, at)).collect();
        self.tx.execute("insert a row", sql, values).await?;
        Ok(entity)
    }

    /// Returns the row with this key; `None` for another tenant's key too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer; this holds for every verb.
    pub async fn get(&mut self, key: &E::Key) -> Result<Option<E>, Error> {
        let sql = self.statements()?.get.clone();
        let values = vec![self.tx.tenant().to_value(), key.to_value()];
        Ok(self.fetch("read a row", sql, values).await?.pop())
    }

    /// Returns a page of rows.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn list(&mut self, page: Page<E::Key>) -> Result<Slice<E>, Error> {
        let sql = self.statements()?.list(page.order(), page.start().is_some());
        let one_more = i64::from(page.limit()) + 1;
        let mut values = vec![self.tx.tenant().to_value(), one_more.to_value()];
        values.extend(page.start().map(tenancy_core::entity::ToValue::to_value));
        let rows = self.fetch("list rows", sql, values).await?;
        Ok(Slice::from_rows(rows, page.limit()))
    }

    /// Counts the tenant's rows.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn count(&mut self) -> Result<u64, Error> {
        let sql = self.statements()?.count.clone();
        let values = vec![self.tx.tenant().to_value()];
        let read = |row: &mut dyn Row| i64::from_value(row.take(0, Kind::Int)?);
        let counts = self.tx.fetch("count rows", sql, values, read).await?;
        let count = counts.first().copied().unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Writes all columns of an existing row and returns it as stored, with its new version.
    ///
    /// The tenant and the key of a row never change.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such row; [`ErrorKind::Conflict`] with the
    /// subject `version` when somebody else has changed it since it was read, and as
    /// [`insert`](Self::insert).
    pub async fn update(&mut self, entity: E) -> Result<E, Error> {
        self.tx.require_write()?;
        self.require_own(&entity)?;
        let table = E::TABLE;
        let mut columns = entity.values();
        let mut values = vec![self.tx.tenant().to_value(), entity.key().to_value()];
        values.extend(update_order(&table).map(|at| take(&mut columns, at)));
        values.extend(table.version().map(|at| take(&mut columns, at)));
        if let Some(stored) = self.send_update(entity.key(), values).await? {
            return Ok(stored);
        }
        if table.version().is_some() && self.get(entity.key()).await?.is_some() {
            return Err(Error::new(
                ErrorKind::Conflict,
                "update a row: it has changed since it was read",
            )
            .with_subject("version"));
        }
        Err(Error::new(ErrorKind::NotFound, "update a row: there is none with this key"))
    }

    /// Updates a row and returns it as stored, if it is there.
    async fn send_update(&mut self, key: &E::Key, values: Vec<Value>) -> Result<Option<E>, Error> {
        const DOING: &str = "update a row";
        if self.tx.db().backend() != Backend::MySql {
            let sql = self.statements()?.update.clone();
            return Ok(self.fetch(DOING, sql, values).await?.pop());
        }
        let sql = self.statements()?.update_silently.clone();
        if self.tx.execute(DOING, sql, values).await? == 0 {
            return Ok(None);
        }
        // The row is locked: it is what was just written.
        self.get(key).await
    }

    /// Deletes a row; tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when another row refers to it, and as [`get`](Self::get).
    pub async fn delete(&mut self, key: &E::Key) -> Result<bool, Error> {
        self.tx.require_write()?;
        let sql = self.statements()?.delete.clone();
        let values = vec![self.tx.tenant().to_value(), key.to_value()];
        Ok(self.tx.execute("delete a row", sql, values).await? > 0)
    }

    fn statements(&self) -> Result<&Statements, Error> {
        self.tx.db().registry().statements::<E>()
    }

    fn require_own(&self, entity: &E) -> Result<(), Error> {
        if entity.tenant() == self.tx.tenant() {
            return Ok(());
        }
        let error = foreign("write a row: it belongs to another tenant");
        tell_crossing(self.tx, &error);
        Err(error)
    }

    /// Reads rows and checks the tenant of each: the last of the layers.
    async fn fetch(
        &mut self,
        doing: &'static str,
        sql: sqlx::SqlStr,
        values: Vec<Value>,
    ) -> Result<Vec<E>, Error> {
        let tenant = self.tx.tenant();
        let read = |row: &mut dyn Row| {
            let entity = E::from_row(row)?;
            if entity.tenant() == tenant {
                Ok(entity)
            } else {
                Err(foreign("read a row: the database returned one of another tenant"))
            }
        };
        self.tx.fetch(doing, sql, values, read).await
    }
}

fn foreign(message: &'static str) -> Error {
    tracing::error!(reason = message, "a crossing between tenants was blocked");
    Error::new(ErrorKind::ForeignTenant, message)
}

/// Moves a value out; each is taken once.
fn take(values: &mut [Value], at: usize) -> Value {
    std::mem::replace(&mut values[at], Value::Null(Kind::Bool))
}

#[async_trait]
impl<E: TenantEntity> TenantScoped<E> for Repository<'_, E> {
    fn tenant(&self) -> TenantId {
        self.tx.tenant()
    }

    async fn insert(&mut self, entity: E) -> Result<E, Error> {
        Repository::insert(self, entity).await
    }

    async fn get(&mut self, key: &E::Key) -> Result<Option<E>, Error> {
        Repository::get(self, key).await
    }

    async fn list(&mut self, page: Page<E::Key>) -> Result<Slice<E>, Error> {
        Repository::list(self, page).await
    }

    async fn count(&mut self) -> Result<u64, Error> {
        Repository::count(self).await
    }

    async fn update(&mut self, entity: E) -> Result<E, Error> {
        Repository::update(self, entity).await
    }

    async fn delete(&mut self, key: &E::Key) -> Result<bool, Error> {
        Repository::delete(self, key).await
    }
}
