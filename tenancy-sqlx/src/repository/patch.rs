//! Changing some columns of a row.

use tenancy_core::entity::{Change, Step, ToValue as _};
use tenancy_core::{Error, ErrorKind, TenantEntity};

use super::Repository;
use super::predicate::{Deleted, Source, require_kind, require_numbers};
use super::query::Query;
use super::repository::push_key;
use super::stamp::Stamp;

const DOING: &str = "patch a row";

impl<E: TenantEntity> Repository<'_, E> {
    /// Changes some columns of a row, whatever its version, and returns it as stored. The version
    /// counts on.
    ///
    /// ```no_run
    /// # use tenancy_core::{Error, TenantId};
    /// # use tenancy_sqlx::{TenantEntity, TenantTx};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "invoices")]
    /// # struct Invoice { #[tenant(key)] id: i64, tenant_id: TenantId, paid: i64, note: Option<String> }
    /// async fn pay(tx: &mut TenantTx, id: i64, amount: i64) -> Result<Invoice, Error> {
    ///     let changes = [Invoice::PAID.add(amount), Invoice::NOTE.set(None)];
    ///     tx.repo::<Invoice>().patch(&id, changes).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such row, [`ErrorKind::Invalid`] when a column is
    /// changed twice, and as [`insert`](Self::insert).
    pub async fn patch(
        &mut self,
        key: &E::Key,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> Result<E, Error> {
        let query = self.patching(key, changes)?;
        self.finish_patch(query, key, false).await
    }

    /// The same, if the row still has this version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] with the subject `version` when it has another,
    /// [`ErrorKind::Misconfigured`] when the entity has none, and as [`patch`](Self::patch).
    pub async fn patch_version(
        &mut self,
        key: &E::Key,
        version: i64,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> Result<E, Error> {
        let mut query = self.patching(key, changes)?;
        let at = E::TABLE.version().ok_or_else(|| {
            let remedy = "the entity has no version: add #[tenant(version = \"…\")]";
            Error::new(ErrorKind::Misconfigured, format!("{DOING}: {remedy}"))
        })?;
        query.push(" AND ");
        Source::alone(&E::TABLE).push_column(&mut query, at);
        query.push(" = ");
        query.bind(version.to_value());
        self.finish_patch(query, key, true).await
    }

    /// Writes the statement up to the key in its predicate.
    fn patching(
        &self,
        key: &E::Key,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> Result<Query, Error> {
        self.tx.require_write()?;
        let table = E::TABLE;
        let source = Source::alone(&table);
        let mut query = self.change("UPDATE ", " SET ")?;
        let mut written = Vec::new();
        for change in changes {
            let (at, step) = change.into_parts();
            query.push(if written.is_empty() { "" } else { ", " });
            push_change::<E>(&mut query, at, step)?;
            if written.contains(&at) {
                let column = table.columns()[at].name();
                return Err(Error::invalid(column, format!("{DOING}: a column is changed twice")));
            }
            written.push(at);
        }
        if let Some(at) = table.updated_at() {
            query.push(if written.is_empty() { "" } else { ", " });
            source.push_column(&mut query, at);
            query.push(" = ");
            query.bind(Stamp::now(self.tx).time());
            written.push(at);
        }
        // Without any change it still answers whether the row is there.
        let (name, step) = match table.version() {
            Some(at) => (source.column(at), " + 1"),
            None => (source.column(table.key()), ""),
        };
        query.push(if written.is_empty() { "" } else { ", " });
        query.push(&format!("{name} = {name}{step} WHERE "));
        source.push_own(&mut query, Deleted::Hidden);
        push_key::<E>(&mut query, key);
        Ok(query)
    }

    async fn finish_patch(
        &mut self,
        mut query: Query,
        key: &E::Key,
        names_version: bool,
    ) -> Result<E, Error> {
        query.push(&self.statements()?.returning);
        match self.changed(DOING, query.finish(DOING)?, key).await? {
            Some(stored) => Ok(stored),
            None => Err(self.not_changed(DOING, key, names_version).await),
        }
    }
}

fn push_change<E: TenantEntity>(query: &mut Query, at: usize, step: Step) -> Result<(), Error> {
    let (table, source) = (E::TABLE, Source::alone(&E::TABLE));
    let column = &table.columns()[at];
    if table.is_kept(at) {
        // The types say so too; a field can be made by hand.
        let message = format!("{DOING}: the library keeps this column");
        return Err(Error::invalid(column.name(), message));
    }
    source.push_column(query, at);
    query.push(" = ");
    let is_sum = matches!(step, Step::Add(_));
    let value = match step {
        Step::Set(value) => value,
        Step::Add(value) => {
            source.push_column(query, at);
            query.push(" + ");
            value
        }
        _ => return Err(Error::new(ErrorKind::Internal, "patch a row: a change is not known")),
    };
    require_kind(DOING, column, &value)?;
    if is_sum {
        require_numbers(query.backend(), DOING, column)?;
    }
    query.bind(value);
    Ok(())
}
