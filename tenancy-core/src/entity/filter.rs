use std::fmt;
use std::marker::PhantomData;
use std::ops::Not;

use super::Condition;

/// Which rows of an entity are meant. Made by its [`Field`](super::Field)s; the tenant is no part
/// of it: every query adds it.
pub struct Filter<E> {
    condition: Condition,
    entity: PhantomData<fn() -> E>,
}

impl<E> Filter<E> {
    pub(super) const fn new(condition: Condition) -> Self {
        Self { condition, entity: PhantomData }
    }

    /// All rows of the tenant.
    pub const fn all() -> Self {
        Self::new(Condition::All(Vec::new()))
    }

    /// Both this and another.
    pub fn and(self, other: Self) -> Self {
        let mut both = match self.condition {
            Condition::All(conditions) => conditions,
            one => vec![one],
        };
        match other.condition {
            Condition::All(conditions) => both.extend(conditions),
            one => both.push(one),
        }
        Self::new(Condition::All(both))
    }

    /// This, or another, or both.
    pub fn or(self, other: Self) -> Self {
        let mut either = match self.condition {
            Condition::Any(conditions) => conditions,
            one => vec![one],
        };
        match other.condition {
            Condition::Any(conditions) => either.extend(conditions),
            one => either.push(one),
        }
        Self::new(Condition::Any(either))
    }

    /// Returns what it says.
    pub const fn condition(&self) -> &Condition {
        &self.condition
    }
}

impl<E> Not for Filter<E> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(match self.condition {
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        })
    }
}

impl<E> Clone for Filter<E> {
    fn clone(&self) -> Self {
        Self::new(self.condition.clone())
    }
}

impl<E> fmt::Debug for Filter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}
