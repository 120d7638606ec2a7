//! Inserting a row, or updating the one that is there.

use tenancy_core::entity::{IntoEntity, ToValue as _, Unique};
use tenancy_core::{Error, ErrorKind, TenantEntity};

use super::Repository;
use super::query::require_storable;
use super::repository::take;
use super::stamp::Stamp;
use super::statements::{insert_order, update_order};

const DOING: &str = "upsert a row";

impl<E: TenantEntity> Repository<'_, E> {
    /// Inserts a row, or updates the one with its key, and returns it as stored. The version of
    /// one that was there counts on, whatever the entity says.
    ///
    /// Only a row of this tenant can be the one that is there: where another tenant's row stands
    /// in the way of a unique rule that does not name the tenant, the answer is a conflict.
    ///
    /// Of two that upsert the same new row at the same time, one waits for the other; on `MySQL` it
    /// may get a conflict instead.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when another rule than the key is broken, or the row that is there
    /// is deleted, with the subject `deleted`; and as [`insert`](Self::insert).
    pub async fn upsert(&mut self, new: impl IntoEntity<E>) -> Result<E, Error> {
        self.upsert_by(0, new).await
    }

    /// The same, where a declared unique rule decides which row is there. It keeps its key.
    ///
    /// ```no_run
    /// # use tenancy_core::{Error, TenantId};
    /// # use tenancy_sqlx::{TenantEntity, TenantTx};
    /// #[derive(TenantEntity)]
    /// #[tenant(table = "invoices", unique = "number")]
    /// struct Invoice {
    ///     #[tenant(key)]
    ///     id: i64,
    ///     tenant_id: TenantId,
    ///     number: String,
    ///     total: i64,
    /// }
    ///
    /// async fn import(tx: &mut TenantTx, invoice: Invoice) -> Result<Invoice, Error> {
    ///     tx.repo::<Invoice>().upsert_on(Invoice::UNIQUE_NUMBER, invoice).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when the table has no unique index on the tenant and the
    /// columns of the rule (not asked for on `MySQL`); and as [`upsert`](Self::upsert).
    pub async fn upsert_on(
        &mut self,
        unique: Unique<E>,
        new: impl IntoEntity<E>,
    ) -> Result<E, Error> {
        self.upsert_by(unique.at() + 1, new).await
    }

    /// By the key, which is 0, or by a rule, counted from 1.
    async fn upsert_by(&mut self, rule: usize, new: impl IntoEntity<E>) -> Result<E, Error> {
        self.tx.require_write()?;
        let entity = self.own(new, &Stamp::now(self.tx))?;
        require_storable(DOING, &entity.values())?;
        if !self.tx.backend().returns_rows() {
            return self.upsert_in_steps(rule, entity).await;
        }
        let sql = self.statements()?.upserts[rule].clone();
        let mut values = self.values(&entity);
        let values = insert_order(&E::TABLE).map(|at| take(&mut values, at)).collect();
        self.fetch(DOING, sql, values).await?.pop().ok_or_else(deleted)
    }

    /// The upsert of `MySQL` would update whatever row breaks any unique rule. So: the row that is
    /// there is locked by the one rule, and then updated; else inserted.
    async fn upsert_in_steps(&mut self, rule: usize, entity: E) -> Result<E, Error> {
        let table = E::TABLE;
        let statements = self.statements()?;
        let (lock, insert) = (statements.upserts[rule].clone(), statements.insert.clone());
        let overwrite = statements.overwrite.clone();
        let mut values = self.values(&entity);
        let key = [table.key()];
        let columns = if rule == 0 { &key[..] } else { table.uniques()[rule - 1] };
        let mut named = vec![self.tx.tenant().to_value()];
        named.extend(columns.iter().map(|at| values[*at].clone()));
        let Some(there) = self.fetch(DOING, lock, named).await?.pop() else {
            let values = insert_order(&table).map(|at| take(&mut values, at)).collect();
            self.tx.execute(DOING, insert, values).await?;
            return Ok(entity);
        };
        let mut change = vec![self.tx.tenant().to_value(), there.key().to_value()];
        change.extend(update_order(&table).map(|at| take(&mut values, at)));
        self.changed(DOING, (overwrite, change), there.key()).await?.ok_or_else(deleted)
    }
}

fn deleted() -> Error {
    let message = "upsert a row: the one that is there is deleted: restore it first";
    Error::new(ErrorKind::Conflict, message).with_subject("deleted")
}
