use std::fmt;
use std::marker::PhantomData;

use super::Value;

/// One change of a row: `Invoice::STATUS.set(Status::Paid)`, `Invoice::PAID.add(500)`.
pub struct Change<E> {
    column: usize,
    step: Step,
    entity: PhantomData<fn() -> E>,
}

/// What a [`Change`] does to its column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// It becomes this value.
    Set(Value),
    /// This is added to it.
    Add(Value),
}

impl<E> Change<E> {
    pub(super) const fn set(column: usize, value: Value) -> Self {
        Self { column, step: Step::Set(value), entity: PhantomData }
    }

    pub(super) const fn add(column: usize, value: Value) -> Self {
        Self { column, step: Step::Add(value), entity: PhantomData }
    }

    /// Returns the column's position in the table.
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Returns what happens to it.
    pub const fn step(&self) -> &Step {
        &self.step
    }

    /// Returns the column's position and what happens to it.
    pub fn into_parts(self) -> (usize, Step) {
        (self.column, self.step)
    }
}

impl<E> Clone for Change<E> {
    fn clone(&self) -> Self {
        Self { column: self.column, step: self.step.clone(), entity: PhantomData }
    }
}

impl<E> fmt::Debug for Change<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("column", &self.column).field("step", &self.step).finish()
    }
}
