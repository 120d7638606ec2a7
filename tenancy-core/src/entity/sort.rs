use std::fmt;
use std::marker::PhantomData;

/// A column to sort by, and in which direction: `Invoice::DUE.desc()`.
pub struct Sort<E> {
    column: usize,
    is_descending: bool,
    entity: PhantomData<fn() -> E>,
}

impl<E> Sort<E> {
    pub(crate) const fn new(column: usize, is_descending: bool) -> Self {
        Self { column, is_descending, entity: PhantomData }
    }

    /// Returns the column's position in the table.
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Tells whether the highest comes first.
    pub const fn is_descending(&self) -> bool {
        self.is_descending
    }
}

impl<E> Clone for Sort<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Sort<E> {}

impl<E> fmt::Debug for Sort<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sort")
            .field("column", &self.column)
            .field("is_descending", &self.is_descending)
            .finish()
    }
}
