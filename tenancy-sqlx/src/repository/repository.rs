use std::marker::PhantomData;

use tenancy_core::entity::{FromValue as _, IntoEntity, Kind, Row, ToValue as _, Value, Values};
use tenancy_core::{Error, ErrorKind, TenantEntity, TenantId};

use super::predicate::{Deleted, Source};
use super::query::{Query, require_storable};
use super::stamp::Stamp;
use super::statements::{Statements, insert_order, update_order};
use crate::handle::{TenantTx, tell_crossing};

/// The rows of one entity that belong to the transaction's tenant.
///
/// Every statement names the tenant, every row that comes back is checked for it, and an entity
/// of another tenant is refused before anything is sent.
/// [`TenantScoped`](tenancy_core::TenantScoped) is the same as a trait.
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
    pub(super) tx: &'tx mut TenantTx,
    pub(super) deleted: Deleted,
    entity: PhantomData<fn() -> E>,
}

impl<'tx, E: TenantEntity> Repository<'tx, E> {
    pub(crate) fn new(tx: &'tx mut TenantTx) -> Self {
        Self { tx, deleted: Deleted::Hidden, entity: PhantomData }
    }

    /// Inserts a row and returns it as stored: a draft gets the tenant now, a whole entity must
    /// have it. The columns that the library keeps are filled in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignTenant`] for an entity of another tenant, nothing is sent;
    /// [`ErrorKind::Conflict`] when a unique rule is broken or a referenced row is missing, with
    /// the constraint as [`subject`](Error::subject); [`ErrorKind::Invalid`] when another rule of
    /// the table is broken, or a text holds the character NUL; [`ErrorKind::Unavailable`] when
    /// the database does not answer.
    pub async fn insert(&mut self, new: impl IntoEntity<E>) -> Result<E, Error> {
        self.tx.require_write()?;
        let entity = self.own(new, &Stamp::now(self.tx))?;
        let sql = self.statements()?.insert.clone();
        let mut values = self.values(&entity);
        let values: Vec<_> = insert_order(&E::TABLE).map(|at| take(&mut values, at)).collect();
        require_storable("insert a row", &values)?;
        self.tx.execute("insert a row", sql, values).await?;
        Ok(entity)
    }

    /// Returns the row with this key; `None` for another tenant's key too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer; this holds for every verb.
    pub async fn get(&mut self, key: &E::Key) -> Result<Option<E>, Error> {
        const DOING: &str = "read a row";
        if self.deleted == Deleted::Hidden {
            let sql = self.statements()?.get.clone();
            let values = vec![self.tx.tenant().to_value(), key.to_value()];
            require_storable(DOING, &values)?;
            return Ok(self.fetch(DOING, sql, values).await?.pop());
        }
        let mut query = self.select()?;
        push_key::<E>(&mut query, key);
        let (sql, values) = query.finish(DOING)?;
        Ok(self.fetch(DOING, sql, values).await?.pop())
    }

    /// Counts the tenant's rows.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn count(&mut self) -> Result<u64, Error> {
        if self.deleted != Deleted::Hidden {
            return self.count_where(tenancy_core::Filter::all()).await;
        }
        let sql = self.statements()?.count.clone();
        let values = vec![self.tx.tenant().to_value()];
        self.fetch_count(sql, values).await
    }

    /// Writes all columns of an existing row but those that the library keeps, and returns it as
    /// stored, with its new version.
    ///
    /// The tenant and the key of a row never change. A deleted row takes no update.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such row; [`ErrorKind::Conflict`] with the
    /// subject `version` when somebody else has changed it since it was read, and as
    /// [`insert`](Self::insert).
    pub async fn update(&mut self, entity: E) -> Result<E, Error> {
        const DOING: &str = "update a row";
        self.tx.require_write()?;
        self.require_own(&entity)?;
        let table = E::TABLE;
        let mut columns = entity.values();
        Stamp::now(self.tx).update(&table, &mut columns);
        let mut values = vec![self.tx.tenant().to_value(), entity.key().to_value()];
        values.extend(update_order(&table).map(|at| take(&mut columns, at)));
        values.extend(table.version().map(|at| take(&mut columns, at)));
        require_storable(DOING, &values)?;
        let sql = self.statements()?.update.clone();
        match self.changed(DOING, (sql, values), entity.key()).await? {
            Some(stored) => Ok(stored),
            None => Err(self.not_changed(DOING, entity.key(), table.version().is_some()).await),
        }
    }

    /// Deletes a row; tells whether there was one. With
    /// [`soft_delete`](tenancy_core::SoftDelete) it is hidden, and can be restored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when another row refers to it, and as [`get`](Self::get).
    pub async fn delete(&mut self, key: &E::Key) -> Result<bool, Error> {
        const DOING: &str = "delete a row";
        self.tx.require_write()?;
        let mut values = vec![self.tx.tenant().to_value(), key.to_value()];
        let statements = self.statements()?;
        let sql = match &statements.hide {
            Some(hide) => {
                values.push(Stamp::now(self.tx).time());
                values.extend(E::TABLE.deleted_by().map(|_| super::stamp::actor(self.tx)));
                hide.clone()
            }
            None => statements.remove.clone(),
        };
        require_storable(DOING, &values)?;
        Ok(self.tx.execute(DOING, sql, values).await? > 0)
    }

    pub(super) fn statements(&self) -> Result<&Statements, Error> {
        self.tx.db().registry().statements::<E>(self.tx.backend())
    }

    /// Begins a `SELECT` of all columns, with the predicate of the tenant.
    pub(super) fn select(&self) -> Result<Query, Error> {
        let select = &self.statements()?.select;
        let mut query = Query::new(self.tx.backend(), self.tx.tenant(), select);
        Source::alone(&E::TABLE).push_own(&mut query, self.deleted);
        Ok(query)
    }

    /// Makes the entity that will be stored: of this tenant, with the columns that are kept.
    pub(super) fn own(&self, new: impl IntoEntity<E>, stamp: &Stamp) -> Result<E, Error> {
        let entity = new.into_entity(self.tx.tenant());
        self.require_own(&entity)?;
        if !Stamp::is_needed(&E::TABLE) {
            return Ok(entity);
        }
        let mut values = self.values(&entity);
        stamp.insert(&E::TABLE, &mut values);
        E::from_row(&mut Values::new(values))
    }

    /// Returns the values of an entity that is to be written.
    pub(super) fn values(&self, entity: &E) -> Vec<Value> {
        let mut values = entity.values();
        // Whatever the entity says there: this is the transaction's tenant.
        values[E::TABLE.tenant()] = self.tx.tenant().to_value();
        values
    }

    pub(super) fn require_own(&self, entity: &E) -> Result<(), Error> {
        if entity.tenant() == self.tx.tenant() {
            return Ok(());
        }
        let error = foreign("write a row: it belongs to another tenant");
        tell_crossing(self.tx, &error);
        Err(error)
    }

    /// Changes the row with a key and returns it as stored, if it is there. The statement returns
    /// it where the database does that.
    pub(super) async fn changed(
        &mut self,
        doing: &'static str,
        change: (sqlx::SqlStr, Vec<Value>),
        key: &E::Key,
    ) -> Result<Option<E>, Error> {
        if self.tx.backend().returns_rows() {
            return Ok(self.fetch(doing, change.0, change.1).await?.pop());
        }
        let get = self.statements()?.get.clone();
        let key = vec![self.tx.tenant().to_value(), key.to_value()];
        let read = read_own(self.tx.tenant());
        // The row is locked: it is what was just written.
        Ok(self.tx.change_and_fetch(doing, change, (get, key), read).await?.pop())
    }

    /// Says why a statement that changes one row found none.
    pub(super) async fn not_changed(
        &mut self,
        doing: &'static str,
        key: &E::Key,
        names_version: bool,
    ) -> Error {
        let there = if names_version { self.get(key).await } else { Ok(None) };
        match there {
            Ok(None) => {
                Error::new(ErrorKind::NotFound, format!("{doing}: there is none with this key"))
            }
            Ok(Some(_)) => {
                let message = format!("{doing}: it has changed since it was read");
                Error::new(ErrorKind::Conflict, message).with_subject("version")
            }
            Err(error) => error,
        }
    }

    /// Reads rows and checks the tenant of each: the last of the layers.
    pub(super) async fn fetch(
        &mut self,
        doing: &'static str,
        sql: sqlx::SqlStr,
        values: Vec<Value>,
    ) -> Result<Vec<E>, Error> {
        let read = read_own(self.tx.tenant());
        self.tx.fetch(doing, sql, values, read).await
    }

    pub(super) async fn fetch_count(
        &mut self,
        sql: sqlx::SqlStr,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        let read = |row: &mut dyn Row| i64::from_value(row.take(0, Kind::Int)?);
        let counts = self.tx.fetch("count rows", sql, values, read).await?;
        let count = counts.first().copied().unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

/// Writes `AND` and that a row has this key.
pub(super) fn push_key<E: TenantEntity>(query: &mut Query, key: &E::Key) {
    query.push(" AND ");
    Source::alone(&E::TABLE).push_column(query, E::TABLE.key());
    query.push(" = ");
    query.bind(key.to_value());
}

/// Reads a row, if it is of this tenant.
fn read_own<E: TenantEntity>(tenant: TenantId) -> impl Fn(&mut dyn Row) -> Result<E, Error> {
    move |row| {
        let entity = E::from_row(row)?;
        require_tenant(&entity, tenant)?;
        Ok(entity)
    }
}

/// Refuses a row of another tenant that came back.
pub(super) fn require_tenant<E: TenantEntity>(entity: &E, tenant: TenantId) -> Result<(), Error> {
    if entity.tenant() == tenant {
        return Ok(());
    }
    Err(foreign("read a row: the database returned one of another tenant"))
}

fn foreign(message: &'static str) -> Error {
    tracing::error!(reason = message, "a crossing between tenants was blocked");
    Error::new(ErrorKind::ForeignTenant, message)
}

/// Moves a value out; each is taken once.
pub(super) fn take(values: &mut [Value], at: usize) -> Value {
    std::mem::replace(&mut values[at], Value::Null(Kind::Bool))
}
