use std::fmt;
use std::marker::PhantomData;

use super::TenantEntity;

/// A rule that no two rows of a tenant share the values of some columns: `Invoice::UNIQUE_NUMBER`,
/// as derived. An upsert names the one that decides whether a row is there.
pub struct Unique<E> {
    at: usize,
    entity: PhantomData<fn() -> E>,
}

impl<E: TenantEntity> Unique<E> {
    /// Names a rule by its position in [`Table::uniques`](super::Table::uniques). Derived.
    ///
    /// # Panics
    ///
    /// At compile time, when the table declares no such rule.
    pub const fn new(at: usize) -> Self {
        assert!(at < E::TABLE.uniques().len(), "a position is outside the unique rules");
        Self { at, entity: PhantomData }
    }

    /// Returns the position in [`Table::uniques`](super::Table::uniques).
    pub const fn at(self) -> usize {
        self.at
    }

    /// Returns the positions of its columns, without the tenant's.
    pub const fn columns(self) -> &'static [usize] {
        E::TABLE.uniques()[self.at]
    }
}

impl<E> Clone for Unique<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Unique<E> {}

impl<E> fmt::Debug for Unique<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unique").field(&self.at).finish()
    }
}
