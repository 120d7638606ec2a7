//! Values computed of many rows.

use tenancy_core::entity::{Aggregates, Columns, Filter, Function, Kind, Row};
use tenancy_core::{Error, ErrorKind, TenantEntity};

use super::Repository;
use super::dialect::push_function;
use super::predicate::{Source, require_numbers};
use super::query::Query;
use crate::ident::quote;

const DOING: &str = "compute over rows";

impl<E: TenantEntity> Repository<'_, E> {
    /// Computes values of the rows that match: one, or up to four in a tuple.
    ///
    /// ```no_run
    /// # use tenancy_core::{Error, Filter, TenantId, entity::Aggregate};
    /// # use tenancy_sqlx::{TenantEntity, TenantTx};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "invoices")]
    /// # struct Invoice { #[tenant(key)] id: i64, tenant_id: TenantId, total: i64 }
    /// async fn open(tx: &mut TenantTx) -> Result<(i64, Option<i64>), Error> {
    ///     let count_and_sum = (Aggregate::count(), Invoice::TOTAL.sum());
    ///     tx.repo::<Invoice>().aggregate(count_and_sum, Filter::all()).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when a sum of integers does not fit 64 bits ([`ErrorKind::Internal`]
    /// on `MySQL`), [`ErrorKind::Misconfigured`] for the lowest or highest of a kind that has none, and as
    /// [`find`](Self::find).
    pub async fn aggregate<A: Aggregates<E>>(
        &mut self,
        what: A,
        filter: Filter<E>,
    ) -> Result<A::Out, Error> {
        let query = self.computing(&[], &what, &filter)?;
        let (sql, values) = query.finish(DOING)?;
        let read = |row: &mut dyn Row| what.read(row, &mut 0);
        let computed = self.tx.fetch(DOING, sql, values, read).await?.pop();
        computed.ok_or_else(|| Error::new(ErrorKind::Internal, format!("{DOING}: no answer")))
    }

    /// Computes values for each group of rows that are equal in some columns; the groups come in
    /// the order of those columns.
    ///
    /// ```no_run
    /// # use tenancy_core::{Error, Filter, TenantId, entity::Aggregate};
    /// # use tenancy_sqlx::{TenantEntity, TenantTx};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "invoices")]
    /// # struct Invoice { #[tenant(key)] id: i64, tenant_id: TenantId, status: String, total: i64 }
    /// async fn by_status(tx: &mut TenantTx) -> Result<Vec<(String, Option<i64>)>, Error> {
    ///     tx.repo::<Invoice>().group_by(Invoice::STATUS, Invoice::TOTAL.sum(), Filter::all()).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`aggregate`](Self::aggregate).
    pub async fn group_by<C: Columns<E>, A: Aggregates<E>>(
        &mut self,
        columns: C,
        what: A,
        filter: Filter<E>,
    ) -> Result<Vec<(C::Out, A::Out)>, Error> {
        let mut groups = Vec::new();
        columns.push(&mut groups);
        let mut query = self.computing(&groups, &what, &filter)?;
        for before in [" GROUP BY ", " ORDER BY "] {
            for (at, column) in groups.iter().enumerate() {
                query.push(if at == 0 { before } else { ", " });
                Source::alone(&E::TABLE).push_column(&mut query, *column);
            }
        }
        let (sql, values) = query.finish(DOING)?;
        let read = |row: &mut dyn Row| {
            let mut at = 0;
            Ok((columns.read(row, &mut at)?, what.read(row, &mut at)?))
        };
        self.tx.fetch(DOING, sql, values, read).await
    }

    /// Writes the columns, what is computed, and which rows it is computed of.
    fn computing<A: Aggregates<E>>(
        &self,
        groups: &[usize],
        what: &A,
        filter: &Filter<E>,
    ) -> Result<Query, Error> {
        self.statements()?;
        let source = Source::alone(&E::TABLE);
        let mut functions = Vec::new();
        what.push(&mut functions);
        let mut query = Query::new(self.tx.backend(), self.tx.tenant(), "SELECT ");
        for (at, column) in groups.iter().enumerate() {
            query.push(if at == 0 { "" } else { ", " });
            source.push_column(&mut query, *column);
        }
        for (at, function) in functions.into_iter().enumerate() {
            query.push(if groups.len() + at == 0 { "" } else { ", " });
            push(&mut query, source, function)?;
        }
        query.push(&format!(" FROM {} WHERE ", quote(E::TABLE.name())));
        source.push_own(&mut query, self.deleted);
        source.push_and(&mut query, filter.condition())?;
        Ok(query)
    }
}

fn push(query: &mut Query, source: Source<'_>, function: Function) -> Result<(), Error> {
    let (name, at) = match function {
        Function::Count => {
            query.push("count(*)");
            return Ok(());
        }
        Function::Sum(at) => ("sum", at),
        Function::Avg(at) => ("avg", at),
        Function::Min(at) => ("min", at),
        Function::Max(at) => ("max", at),
        _ => return Err(Error::new(ErrorKind::Internal, "compute over rows: not known")),
    };
    let column = &source.table.columns()[at];
    require_numbers(query.backend(), DOING, column)?;
    if matches!(column.kind(), Kind::Bool | Kind::Bytes | Kind::Uuid) {
        let message = format!("{DOING}: {:?} has no lowest and no highest", column.kind());
        return Err(Error::new(ErrorKind::Misconfigured, message).with_subject(column.name()));
    }
    push_function(query, name, column.kind(), &source.column(at));
    Ok(())
}
