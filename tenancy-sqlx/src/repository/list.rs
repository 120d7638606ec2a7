//! Lists, part by part.

use tenancy_core::entity::{Condition, ToValue as _, Value};
use tenancy_core::{Error, ErrorKind, List, Slice, Start, TenantEntity};

use super::Repository;
use super::cursor::{CursorKey, Place};
use super::order::{Term, push_behind, push_order, terms};
use super::predicate::{Deleted, Source};
use super::query::{Query, require_storable};
use super::repository::take;

pub(super) const DOING: &str = "list rows";

impl<E: TenantEntity> Repository<'_, E> {
    /// Returns a part of a list: a [`Page`](tenancy_core::Page) of all rows by key, or a
    /// [`List`] with a filter and an order. [`Slice::next`] is where the next part begins.
    ///
    /// A part far behind costs what the first costs, where an index begins with the tenant and
    /// goes on with the columns sorted by and the key. Columns that can hold nothing need
    /// `NULLS FIRST` in that index on Postgres.
    ///
    /// ```no_run
    /// # use tenancy_core::{Cursor, Error, List, TenantId};
    /// # use tenancy_sqlx::{TenantEntity, TenantTx};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "invoices")]
    /// # struct Invoice { #[tenant(key)] id: i64, tenant_id: TenantId, number: String, total: i64 }
    /// async fn all(tx: &mut TenantTx) -> Result<Vec<Invoice>, Error> {
    ///     let list = List::newest(100).filter(Invoice::TOTAL.gt(0)).order_by(Invoice::TOTAL.desc());
    ///     let mut slice = tx.repo::<Invoice>().list(list.clone()).await?;
    ///     let mut all = slice.items;
    ///     while let Some(next) = slice.next.take() {
    ///         slice = tx.repo::<Invoice>().list(list.clone().after(next)).await?;
    ///         all.append(&mut slice.items);
    ///     }
    ///     Ok(all)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] with the subject `cursor` for one
    /// of another tenant or another list, or an altered one; and as [`find`](Self::find).
    pub async fn list(&mut self, list: impl Into<List<E>>) -> Result<Slice<E>, Error> {
        let list = list.into();
        let terms = terms(&list);
        let place = self.place(&list, &terms, Vec::new());
        let start = place.start(self.cursor_key(), &list)?;
        let (sql, values) = if self.is_plain(&list) {
            let sql = self.statements()?.list(list.order(), start.is_some());
            let mut values = vec![self.tx.tenant().to_value(), one_more(&list)];
            values.extend(start.into_iter().flatten());
            require_storable(DOING, &values)?;
            (sql, values)
        } else {
            let mut query = self.select()?;
            push_part(&mut query, Source::alone(&E::TABLE), &list, &terms, start)?;
            query.finish(DOING)?
        };
        let rows = self.fetch(DOING, sql, values).await?;
        Ok(place.slice(self.cursor_key(), &list, rows, |row| row))
    }

    pub(super) fn cursor_key(&self) -> &CursorKey {
        self.tx.db().cursor_key()
    }

    pub(super) fn place<'a>(
        &self,
        list: &'a List<E>,
        terms: &'a [Term],
        joined: Vec<u8>,
    ) -> Place<'a, E> {
        let (tenant, deleted) = (self.tx.tenant(), self.deleted);
        Place { tenant, filter: list.rows(), deleted, terms, joined }
    }

    /// Tells whether the text of the list is ready.
    fn is_plain(&self, list: &List<E>) -> bool {
        let is_all = matches!(list.rows().condition(), Condition::All(all) if all.is_empty());
        self.deleted == Deleted::Hidden && list.sorts().is_empty() && is_all
    }
}

impl<E: TenantEntity> Place<'_, E> {
    /// Returns the values that the part begins behind, if it is not the first.
    pub(super) fn start(
        &self,
        key: &CursorKey,
        list: &List<E>,
    ) -> Result<Option<Vec<Value>>, Error> {
        match list.start() {
            Start::After(cursor) => self.open(key, cursor).map(Some),
            Start::AfterKey(value) if self.terms.len() == 1 => Ok(Some(vec![value.clone()])),
            Start::AfterKey(_) => Err(Error::new(
                ErrorKind::Misconfigured,
                "list rows: a key is no place in this order: hand on the cursor of the last part",
            )),
            _ => Ok(None),
        }
    }

    /// Cuts off the row too many, and says where the next part begins.
    pub(super) fn slice<T>(
        &self,
        key: &CursorKey,
        list: &List<E>,
        rows: Vec<T>,
        entity: impl Fn(&T) -> &E,
    ) -> Slice<T> {
        let mut slice = Slice::from_rows(rows, list.limit());
        if let (true, Some(last)) = (slice.has_more, slice.items.last()) {
            let mut values = entity(last).values();
            let terms = self.terms.iter();
            let values: Vec<_> = terms.map(|term| take(&mut values, term.column)).collect();
            slice.next = Some(self.seal(key, &values));
        }
        slice
    }
}

/// Writes the filter, the place, the order and the limit behind the predicate of the tenant.
pub(super) fn push_part<E: TenantEntity>(
    query: &mut Query,
    source: Source<'_>,
    list: &List<E>,
    terms: &[Term],
    start: Option<Vec<Value>>,
) -> Result<(), Error> {
    source.push_and(query, list.rows().condition())?;
    if let Some(values) = start {
        push_behind(query, source, terms, values);
    }
    push_order(query, source, terms)?;
    query.push(" LIMIT ");
    query.bind(one_more(list));
    Ok(())
}

/// The row too many says that more follow.
fn one_more<E>(list: &List<E>) -> Value {
    (i64::from(list.limit()) + 1).to_value()
}
