//! Two entities side by side. The tenant stands in the predicate of both.

use tenancy_core::entity::{Join, Kind, Row, TenantEntity, Value};
use tenancy_core::{Error, ErrorKind, List, Slice, TenantId};

use super::Repository;
use super::cursor::bytes_of_join;
use super::list::{DOING, push_part};
use super::order::terms;
use super::predicate::{Deleted, Source};
use super::query::Query;
use super::repository::require_tenant;
use crate::ident::quote;

impl<E: TenantEntity> Repository<'_, E> {
    /// Lists rows with the row of another entity that each refers to; a row that refers to none
    /// is left out. Filter, order and cursor are those of the list.
    ///
    /// ```no_run
    /// # use tenancy_core::{Error, List, TenantId};
    /// # use tenancy_sqlx::{TenantEntity, TenantTx};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "customers")]
    /// # struct Customer { #[tenant(key)] id: i64, tenant_id: TenantId, name: String }
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "invoices")]
    /// # struct Invoice { #[tenant(key)] id: i64, tenant_id: TenantId, customer_id: Option<i64> }
    /// async fn of_ada(tx: &mut TenantTx) -> Result<Vec<(Invoice, Customer)>, Error> {
    ///     let ada = Invoice::CUSTOMER_ID.joins::<Customer>().filter(Customer::NAME.eq("Ada"));
    ///     Ok(tx.repo::<Invoice>().list_joined(ada, List::newest(20)).await?.items)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when the other entity
    /// is not registered, and as [`list`](Self::list).
    pub async fn list_joined<F: TenantEntity>(
        &mut self,
        join: Join<E, F>,
        list: impl Into<List<E>>,
    ) -> Result<Slice<(E, F)>, Error> {
        let pair = |row, other: Option<F>| {
            let missing = || Error::new(ErrorKind::Internal, "list rows: a joined row is missing");
            Ok((row, other.ok_or_else(missing)?))
        };
        self.joined(" JOIN ", &join, &list.into(), pair, |(row, _)| row).await
    }

    /// The same, where a row that refers to none comes alone.
    ///
    /// # Errors
    ///
    /// As [`list_joined`](Self::list_joined).
    pub async fn list_left_joined<F: TenantEntity>(
        &mut self,
        join: Join<E, F>,
        list: impl Into<List<E>>,
    ) -> Result<Slice<(E, Option<F>)>, Error> {
        let pair = |row, other| Ok((row, other));
        self.joined(" LEFT JOIN ", &join, &list.into(), pair, |(row, _)| row).await
    }

    async fn joined<F: TenantEntity, T: Send>(
        &mut self,
        how: &str,
        join: &Join<E, F>,
        list: &List<E>,
        pair: impl Fn(E, Option<F>) -> Result<T, Error> + Sync,
        entity: impl Fn(&T) -> &E,
    ) -> Result<Slice<T>, Error> {
        let terms = terms(list);
        let place = self.place(list, &terms, bytes_of_join(how, join));
        let start = place.start(self.cursor_key(), list)?;
        let mut query = self.joining(how, join)?;
        push_part(&mut query, left::<E>(), list, &terms, start)?;
        let (sql, values) = query.finish(DOING)?;
        let tenant = self.tx.tenant();
        let read = |row: &mut dyn Row| {
            let (entity, other) = read_both(row, tenant)?;
            pair(entity, other)
        };
        let rows = self.tx.fetch(DOING, sql, values, read).await?;
        Ok(place.slice(self.cursor_key(), list, rows, entity))
    }

    /// Writes everything up to the predicate of the tenant on both sides.
    fn joining<F: TenantEntity>(&self, how: &str, join: &Join<E, F>) -> Result<Query, Error> {
        self.statements()?;
        self.tx.db().registry().statements::<F>(self.tx.backend())?;
        let right = Source { table: &F::TABLE, prefix: "r." };
        let mut query = Query::new(self.tx.backend(), self.tx.tenant(), "SELECT ");
        for source in [left::<E>(), right] {
            for at in 0..source.table.columns().len() {
                query.push(if at == 0 && source.prefix == "l." { "" } else { ", " });
                source.push_column(&mut query, at);
            }
        }
        let (name, other) = (quote(E::TABLE.name()), quote(F::TABLE.name()));
        query.push(&format!(" FROM {name} AS l{how}{other} AS r ON "));
        right.push_own(&mut query, Deleted::Hidden);
        query.push(" AND ");
        right.push_column(&mut query, F::TABLE.key());
        query.push(" = ");
        left::<E>().push_column(&mut query, join.column());
        right.push_and(&mut query, join.rows().condition())?;
        query.push(" WHERE ");
        left::<E>().push_own(&mut query, self.deleted);
        Ok(query)
    }
}

/// Both must be of this tenant; where the key of the other is null, there is none.
fn read_both<E: TenantEntity, F: TenantEntity>(
    row: &mut dyn Row,
    tenant: TenantId,
) -> Result<(E, Option<F>), Error> {
    let entity = E::from_row(row)?;
    require_tenant(&entity, tenant)?;
    let mut other = Behind { row, by: E::TABLE.columns().len() };
    let key = F::TABLE.key();
    if other.take(key, F::TABLE.columns()[key].kind())?.is_null() {
        return Ok((entity, None));
    }
    let other = F::from_row(&mut other)?;
    require_tenant(&other, tenant)?;
    Ok((entity, Some(other)))
}

const fn left<E: TenantEntity>() -> Source<'static> {
    Source { table: &E::TABLE, prefix: "l." }
}

/// A row whose first columns belong to another entity.
struct Behind<'a> {
    row: &'a mut (dyn Row + 'a),
    by: usize,
}

impl Row for Behind<'_> {
    fn take(&mut self, index: usize, kind: Kind) -> Result<Value, Error> {
        self.row.take(index + self.by, kind)
    }
}
