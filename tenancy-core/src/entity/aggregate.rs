use std::fmt;
use std::marker::PhantomData;

use super::{Field, FromValue, Kind, NumberValue, Row, TenantEntity, ToValue};
use crate::Error;

/// A value computed of many rows: `Invoice::TOTAL.sum()`, `Aggregate::count()`.
pub struct Aggregate<E, T> {
    function: Function,
    kind: Kind,
    types: PhantomData<fn() -> (E, T)>,
}

/// What an [`Aggregate`] computes; columns are positions in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Function {
    /// The number of rows.
    Count,
    /// The sum of a column.
    Sum(usize),
    /// The mean of a column.
    Avg(usize),
    /// The lowest value of a column.
    Min(usize),
    /// The highest value of a column.
    Max(usize),
}

impl<E, T> Aggregate<E, T> {
    const fn new(function: Function, kind: Kind) -> Self {
        Self { function, kind, types: PhantomData }
    }

    /// Returns what is computed.
    pub const fn function(&self) -> Function {
        self.function
    }
}

impl<E> Aggregate<E, i64> {
    /// The number of rows.
    pub const fn count() -> Self {
        Self::new(Function::Count, Kind::Int)
    }
}

impl<E: TenantEntity, T: NumberValue, W> Field<E, T, W> {
    /// The sum of those that hold a value; `None` when none does.
    pub const fn sum(self) -> Aggregate<E, Option<T::Sum>> {
        Aggregate::new(Function::Sum(self.at()), <T::Sum as ToValue>::KIND)
    }

    /// The mean of those that hold a value; `None` when none does.
    pub const fn avg(self) -> Aggregate<E, Option<f64>> {
        Aggregate::new(Function::Avg(self.at()), Kind::Float)
    }
}

impl<E: TenantEntity, T: ToValue + FromValue, W> Field<E, T, W> {
    /// The lowest value; `None` when there is none. Of numbers, texts and times: not every
    /// database has one of truth values, bytes and ids.
    pub const fn min(self) -> Aggregate<E, Option<T>> {
        Aggregate::new(Function::Min(self.at()), T::KIND)
    }

    /// The highest value; as [`min`](Self::min).
    pub const fn max(self) -> Aggregate<E, Option<T>> {
        Aggregate::new(Function::Max(self.at()), T::KIND)
    }
}

/// One [`Aggregate`], or up to four in a tuple.
pub trait Aggregates<E>: Send + Sync {
    /// What is computed, in the same shape.
    type Out: Send;

    /// Appends what is to be computed.
    fn push(&self, functions: &mut Vec<Function>);

    /// Reads what was computed from `at` on, and moves it behind.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when a column holds another type.
    fn read(&self, row: &mut dyn Row, at: &mut usize) -> Result<Self::Out, Error>;
}

/// One [`Field`], or up to four in a tuple: what rows are grouped by.
pub trait Columns<E>: Send + Sync {
    /// Their values, in the same shape.
    type Out: Send;

    /// Appends the positions of the columns.
    fn push(&self, columns: &mut Vec<usize>);

    /// Reads their values from `at` on, and moves it behind.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when a column holds another type.
    fn read(&self, row: &mut dyn Row, at: &mut usize) -> Result<Self::Out, Error>;
}

impl<E, T: FromValue + Send> Aggregates<E> for Aggregate<E, T> {
    type Out = T;

    fn push(&self, functions: &mut Vec<Function>) {
        functions.push(self.function);
    }

    fn read(&self, row: &mut dyn Row, at: &mut usize) -> Result<T, Error> {
        next(row, at, self.kind)
    }
}

impl<E: TenantEntity, T: ToValue + FromValue + Send, W> Columns<E> for Field<E, T, W> {
    type Out = T;

    fn push(&self, columns: &mut Vec<usize>) {
        columns.push(self.at());
    }

    fn read(&self, row: &mut dyn Row, at: &mut usize) -> Result<T, Error> {
        next(row, at, T::KIND)
    }
}

fn next<T: FromValue>(row: &mut dyn Row, at: &mut usize, kind: Kind) -> Result<T, Error> {
    let value = row.take(*at, kind)?;
    *at += 1;
    T::from_value(value)
}

macro_rules! tuples {
    ($trait:ident, $item:ty: $(($($name:ident $at:tt),+))+) => {$(
        impl<E, $($name: $trait<E>),+> $trait<E> for ($($name,)+) {
            type Out = ($($name::Out,)+);

            fn push(&self, items: &mut Vec<$item>) {
                $(self.$at.push(items);)+
            }

            fn read(&self, row: &mut dyn Row, at: &mut usize) -> Result<Self::Out, Error> {
                Ok(($(self.$at.read(row, at)?,)+))
            }
        }
    )+};
}

tuples!(Aggregates, Function: (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3));
tuples!(Columns, usize: (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3));

impl<E, T> Clone for Aggregate<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Aggregate<E, T> {}

impl<E, T> fmt::Debug for Aggregate<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.function.fmt(f)
    }
}
