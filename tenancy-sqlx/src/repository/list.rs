//! Lists, page by page.

use tenancy_core::entity::ToValue;
use tenancy_core::{Error, Order, Page, Slice, TenantEntity};

use super::Repository;
use super::predicate::{Deleted, Source};
use super::query::require_storable;

impl<E: TenantEntity> Repository<'_, E> {
    /// Returns a page of rows.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn list(&mut self, page: Page<E::Key>) -> Result<Slice<E>, Error> {
        const DOING: &str = "list rows";
        let one_more = i64::from(page.limit()) + 1;
        if self.deleted == Deleted::Hidden {
            let sql = self.statements()?.list(page.order(), page.start().is_some());
            let mut values = vec![self.tx.tenant().to_value(), one_more.to_value()];
            values.extend(page.start().map(ToValue::to_value));
            require_storable(DOING, &values)?;
            let rows = self.fetch(DOING, sql, values).await?;
            return Ok(Slice::from_rows(rows, page.limit()));
        }
        let key = Source::alone(&E::TABLE).column(E::TABLE.key());
        let (beyond, direction) = match page.order() {
            Order::Newest => ("<", "DESC"),
            Order::Oldest => (">", "ASC"),
        };
        let mut query = self.select()?;
        if let Some(start) = page.start() {
            query.push(&format!(" AND {key} {beyond} "));
            query.bind(start.to_value());
        }
        query.push(&format!(" ORDER BY {key} {direction} LIMIT "));
        query.bind(one_more.to_value());
        let (sql, values) = query.finish(DOING)?;
        let rows = self.fetch(DOING, sql, values).await?;
        Ok(Slice::from_rows(rows, page.limit()))
    }
}
