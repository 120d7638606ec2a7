use time::OffsetDateTime;

use super::{Field, TenantEntity, ToValue, Value, Values};
use crate::TenantId;

/// An entity that a draft can become: what its columns hold when a draft leaves them out.
///
/// Derived with `TenantEntity`, for `TenantDraft`.
pub trait Fresh: TenantEntity {
    /// For each column, what to say when a draft leaves it out; `None` when it may.
    const MISSING: &'static [Option<&'static str>];

    /// Returns the values of a row of which nothing is known but the tenant.
    fn fresh(tenant: TenantId) -> Vec<Value>;
}

/// Makes an entity of what a draft holds; what the derive of a draft writes.
#[derive(Debug)]
pub struct Drafting<E> {
    values: Vec<Value>,
    entity: std::marker::PhantomData<fn() -> E>,
}

impl<E: Fresh> Drafting<E> {
    /// Holds until an insert fills in the time.
    pub const NO_TIME: Value = Value::Time(OffsetDateTime::UNIX_EPOCH);

    /// Refuses, at compile time, a draft that leaves out what has no default.
    ///
    /// # Panics
    ///
    /// At compile time, saying which column.
    #[expect(clippy::manual_assert, reason = "what was left out is all there is to say")]
    pub const fn require_complete(given: &[usize]) {
        let mut at = 0;
        while at < E::MISSING.len() {
            if let Some(message) = E::MISSING[at] {
                let mut next = 0;
                while next < given.len() && given[next] != at {
                    next += 1;
                }
                if next == given.len() {
                    panic!("{}", message);
                }
            }
            at += 1;
        }
    }

    /// Begins with what nobody gave.
    pub fn of(tenant: TenantId) -> Self {
        Self { values: E::fresh(tenant), entity: std::marker::PhantomData }
    }

    /// Puts a value into its column.
    pub fn with<T: ToValue, W>(mut self, field: Field<E, T, W>, value: impl Into<T>) -> Self {
        self.values[field.at()] = value.into().to_value();
        self
    }

    /// Ends it.
    ///
    /// # Panics
    ///
    /// When a type of a column cannot be read from the value it becomes.
    pub fn end(self) -> E {
        E::from_row(&mut Values::new(self.values)).expect("a value is read as the type it is of")
    }
}
