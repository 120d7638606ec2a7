//! Many rows in one call.

use sqlx::SqlStr;
use tenancy_core::entity::{IntoEntity, Table, ToValue as _, Value};
use tenancy_core::{Error, TenantEntity};

use super::Repository;
use super::dialect::ManyRows;
use super::query::{Query, kept, require_storable};
use super::repository::take;
use super::stamp::Stamp;
use super::statements::insert_order;

impl<E: TenantEntity> Repository<'_, E> {
    /// Inserts any number of rows, all or none, and returns them as stored: as
    /// [`insert`](Self::insert) for each.
    ///
    /// On Postgres they travel as one array a column; elsewhere as lists of marks, in as many
    /// statements as the most values of one make necessary.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert): one bad row, and none is inserted.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, the transaction takes no more statements and does not commit.
    pub async fn insert_many<N: IntoEntity<E>>(
        &mut self,
        new: impl IntoIterator<Item = N>,
    ) -> Result<Vec<E>, Error> {
        const DOING: &str = "insert rows";
        self.tx.require_write()?;
        let stamp = Stamp::now(self.tx);
        let entities =
            new.into_iter().map(|new| self.own(new, &stamp)).collect::<Result<Vec<_>, _>>()?;
        let insert_into = &self.statements()?.insert_into;
        if entities.is_empty() {
            return Ok(entities);
        }
        let statements = match self.tx.backend().many_rows() {
            ManyRows::Unnest => vec![self.unnest(insert_into, &entities)],
            ManyRows::Lists(most) => self.lists(insert_into, &entities, most)?,
        };
        for (_, values) in &statements {
            require_storable(DOING, values)?;
        }
        self.tx.execute_all(DOING, statements).await?;
        Ok(entities)
    }

    /// The tenant is one value, each other column one array.
    fn unnest(&self, insert_into: &str, entities: &[E]) -> (SqlStr, Vec<Value>) {
        let table = E::TABLE;
        let mut columns: Vec<_> =
            table.columns().iter().map(|_| Vec::with_capacity(entities.len())).collect();
        for entity in entities {
            for (column, value) in columns.iter_mut().zip(entity.values()) {
                column.push(value);
            }
        }
        let mut values = vec![self.tx.tenant().to_value()];
        values.extend(
            insert_order(&table).skip(1).map(|at| {
                Value::List(table.columns()[at].kind(), std::mem::take(&mut columns[at]))
            }),
        );
        (kept(unnest_text(insert_into, &table, self.tx.backend())), values)
    }

    fn lists(
        &self,
        insert_into: &str,
        entities: &[E],
        most: usize,
    ) -> Result<Vec<(SqlStr, Vec<Value>)>, Error> {
        let others = E::TABLE.columns().len() - 1;
        let fits = (self.tx.backend().max_values() - 1) / others;
        let mut statements = Vec::new();
        let mut rest = entities;
        while !rest.is_empty() {
            // Sizes that are powers of two: whatever the number of rows, the texts are few.
            let size = 1 << rest.len().min(fits).min(most).max(1).ilog2();
            let (rows, others) = rest.split_at(size);
            statements.push(self.list_of(insert_into, rows)?);
            rest = others;
        }
        Ok(statements)
    }

    fn list_of(&self, insert_into: &str, rows: &[E]) -> Result<(SqlStr, Vec<Value>), Error> {
        let mut query = Query::new(self.tx.backend(), self.tx.tenant(), insert_into);
        for (at, entity) in rows.iter().enumerate() {
            query.push(if at == 0 { " VALUES ($1, " } else { ", ($1, " });
            let mut values = entity.values();
            query.bind_all(insert_order(&E::TABLE).skip(1).map(|at| take(&mut values, at)));
            query.push(")");
        }
        query.finish("insert rows")
    }
}

fn unnest_text(insert_into: &str, table: &Table, backend: crate::Backend) -> String {
    let others = insert_order(table).skip(1).enumerate();
    let arrays: Vec<_> = others
        .map(|(mark, at)| format!("${}::{}", mark + 2, backend.array(table.columns()[at].kind())))
        .collect();
    format!("{insert_into} SELECT $1, * FROM unnest({})", arrays.join(", "))
}
