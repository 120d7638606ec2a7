use std::fmt;
use std::marker::PhantomData;

use super::{Field, Filter, TenantEntity};

/// Two entities side by side: a column of `E` holds the key of an `F` of the same tenant.
///
/// Made by a field: `Invoice::CUSTOMER_ID.joins::<Customer>()`.
pub struct Join<E, F> {
    column: usize,
    filter: Filter<F>,
    entity: PhantomData<fn() -> E>,
}

impl<E, F> Join<E, F> {
    /// Joins only rows that match, and match what was asked before.
    pub fn filter(mut self, filter: Filter<F>) -> Self {
        self.filter = std::mem::replace(&mut self.filter, Filter::all()).and(filter);
        self
    }

    /// Returns the position of the column that holds the key.
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Returns which rows are joined.
    pub const fn rows(&self) -> &Filter<F> {
        &self.filter
    }
}

impl<E: TenantEntity, T, W> Field<E, T, W> {
    /// Joins the row of another entity whose key is in this column, of the same type.
    pub const fn joins<F: TenantEntity>(self) -> Join<E, F>
    where
        T: Into<Option<F::Key>>,
    {
        Join { column: self.at(), filter: Filter::all(), entity: PhantomData }
    }
}

impl<E, F> Clone for Join<E, F> {
    fn clone(&self) -> Self {
        Self { column: self.column, filter: self.filter.clone(), entity: PhantomData }
    }
}

impl<E, F> fmt::Debug for Join<E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("column", &self.column).field("filter", &self.filter).finish()
    }
}
