use std::fmt;
use std::marker::PhantomData;

use rust_decimal::Decimal;

use super::condition::{Comparison, Condition};
use super::{Change, Column, Filter, Sort, TenantEntity, ToValue, Value};

/// A column of an entity with the type of its values: `Invoice::STATUS`, as derived.
///
/// It makes filters, sort orders and changes, and takes no value of another type. `W` says
/// whether an application may change the column: those that the library keeps cannot be set.
///
/// ```
/// use tenancy_core::entity::{Column, Field, Filter, Kind};
/// # use tenancy_core::{entity::{FromTenantRow, Row, Table, TenantEntity, Value}, Error, TenantId};
/// # struct Note { tenant_id: TenantId, id: i64 }
/// # impl FromTenantRow for Note { const COLUMNS: &'static [&'static str] = &[]; fn from_row(_: &mut dyn Row) -> Result<Self, Error> { unimplemented!() } }
/// # impl TenantEntity for Note {
/// #     type Key = i64;
/// #     const TABLE: Table = Table::new("notes", &[Column::new("id", Kind::Int, false),
/// #         Column::new("tenant_id", Kind::Uuid, false), Column::new("title", Kind::Text, false)], 1, 0);
/// #     fn tenant(&self) -> TenantId { self.tenant_id }
/// #     fn key(&self) -> &i64 { &self.id }
/// #     fn values(&self) -> Vec<Value> { Vec::new() }
/// # }
/// // Derived for a field `title: String`.
/// const TITLE: Field<Note, String> = Field::new(2);
///
/// let filter: Filter<Note> = TITLE.eq("offer").or(TITLE.starts_with("re: "));
/// assert_eq!(TITLE.column().name(), "title");
/// # let _ = filter;
/// ```
pub struct Field<E, T, W = Writable> {
    at: usize,
    entity: PhantomData<fn() -> E>,
    value: PhantomData<fn() -> (T, W)>,
}

/// Marks a [`Field`] that an application may set.
#[derive(Debug, Clone, Copy)]
pub enum Writable {}

/// Marks a [`Field`] that only the library writes after a row was inserted: the key, the version,
/// the times it keeps.
#[derive(Debug, Clone, Copy)]
pub enum Kept {}

impl<E: TenantEntity, T, W> Field<E, T, W> {
    /// Names the column at a position of the entity's table. Derived: nobody writes it by hand.
    ///
    /// # Panics
    ///
    /// At compile time, when the table has no such column.
    pub const fn new(at: usize) -> Self {
        assert!(at < E::TABLE.columns().len(), "a position is outside the columns");
        Self { at, entity: PhantomData, value: PhantomData }
    }

    /// Returns the position in the table.
    pub const fn at(self) -> usize {
        self.at
    }

    /// Returns the column.
    pub const fn column(self) -> &'static Column {
        &E::TABLE.columns()[self.at]
    }

    /// Sorts by this column, the lowest first; no value is lower than any.
    pub const fn asc(self) -> Sort<E> {
        Sort::new(self.at, false)
    }

    /// Sorts by this column, the highest first; no value is lower than any.
    pub const fn desc(self) -> Sort<E> {
        Sort::new(self.at, true)
    }
}

impl<E: TenantEntity, T: ToValue, W> Field<E, T, W> {
    /// Equal to a value; `None` is equal to no value.
    pub fn eq(self, value: impl Into<T>) -> Filter<E> {
        self.compare(Comparison::Equal, &value.into())
    }

    /// Not equal to a value; a row without one is not equal to any.
    pub fn ne(self, value: impl Into<T>) -> Filter<E> {
        self.compare(Comparison::NotEqual, &value.into())
    }

    /// Below a value. No value is below none and above none: no row matches it.
    pub fn lt(self, value: impl Into<T>) -> Filter<E> {
        self.compare(Comparison::Below, &value.into())
    }

    /// Below a value or equal to it; as [`lt`](Self::lt).
    pub fn le(self, value: impl Into<T>) -> Filter<E> {
        self.compare(Comparison::AtMost, &value.into())
    }

    /// Above a value; as [`lt`](Self::lt).
    pub fn gt(self, value: impl Into<T>) -> Filter<E> {
        self.compare(Comparison::Above, &value.into())
    }

    /// Above a value or equal to it; as [`lt`](Self::lt).
    pub fn ge(self, value: impl Into<T>) -> Filter<E> {
        self.compare(Comparison::AtLeast, &value.into())
    }

    /// Equal to one of some values. Of none: no row matches.
    pub fn is_in<V: Into<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<E> {
        let values = values.into_iter().map(|value| value.into().to_value()).collect();
        Filter::new(Condition::OneOf { column: self.at, kind: T::KIND, values })
    }

    fn compare(self, comparison: Comparison, value: &T) -> Filter<E> {
        let value = value.to_value();
        Filter::new(Condition::Compare { column: self.at, comparison, value })
    }
}

impl<E: TenantEntity, T: ToValue, W> Field<E, Option<T>, W> {
    /// Without a value.
    pub fn is_none(self) -> Filter<E> {
        let value = Value::Null(T::KIND);
        Filter::new(Condition::Compare { column: self.at, comparison: Comparison::Equal, value })
    }

    /// With a value.
    pub fn is_some(self) -> Filter<E> {
        !self.is_none()
    }
}

impl<E: TenantEntity, T: TextValue, W> Field<E, T, W> {
    /// Begins with a text; nothing in it is a wildcard.
    pub fn starts_with(self, text: impl Into<String>) -> Filter<E> {
        Filter::new(Condition::StartsWith { column: self.at, text: text.into() })
    }

    /// Contains a text; nothing in it is a wildcard.
    pub fn contains(self, text: impl Into<String>) -> Filter<E> {
        Filter::new(Condition::Contains { column: self.at, text: text.into() })
    }
}

impl<E: TenantEntity, T: ToValue> Field<E, T, Writable> {
    /// Changes it to a value, in a patch.
    pub fn set(self, value: impl Into<T>) -> Change<E> {
        Change::set(self.at, value.into().to_value())
    }
}

impl<E: TenantEntity, T: NumberValue> Field<E, T, Writable> {
    /// Adds to it in the database, in a patch: two that add at the same time both count.
    #[expect(clippy::should_implement_trait, reason = "it makes a change, not a sum")]
    pub fn add(self, value: impl Into<T>) -> Change<E> {
        Change::add(self.at, value.into().to_value())
    }
}

/// A type whose values are texts: `String` and `Option<String>`. Implement it for newtypes.
pub trait TextValue: ToValue {}

impl TextValue for String {}
impl<T: TextValue> TextValue for Option<T> {}

/// A type whose values are numbers that add up: `i64`, `i32`, `f64`, `Decimal`. Implement it for newtypes.
pub trait NumberValue: ToValue {
    /// What a sum of them is: wider than the summands where they are narrow.
    type Sum: ToValue + super::FromValue + Send;
}

impl NumberValue for i64 {
    type Sum = Self;
}

impl NumberValue for i32 {
    type Sum = i64;
}

impl NumberValue for f64 {
    type Sum = Self;
}

impl NumberValue for Decimal {
    type Sum = Self;
}

impl<T: NumberValue> NumberValue for Option<T> {
    type Sum = T::Sum;
}

impl<E, T, W> Clone for Field<E, T, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T, W> Copy for Field<E, T, W> {}

impl<E: TenantEntity, T, W> fmt::Debug for Field<E, T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", E::TABLE.name(), self.column().name())
    }
}
