use super::count::Count;
use crate::scope::dialect::Dialect;
use crate::scope::known::Known;
use crate::scope::refusal::{Placed, Refusal, Result};

/// What is known while a tree is walked.
pub(in crate::scope) struct Walk<'known> {
    pub(super) known: &'known Known,
    pub(super) dialect: Dialect,
    /// The parameter that stands for the tenant.
    pub(super) tenant: usize,
    /// The names of the common table expressions in sight, the innermost last.
    pub(super) ctes: Vec<String>,
    /// What was walked.
    pub(super) count: Count,
    /// Whether something is written or locked.
    pub(super) writes: bool,
    /// How many tables were put into a subquery of their own.
    pub(super) wrapped: usize,
}

impl<'known> Walk<'known> {
    pub(in crate::scope) fn new(known: &'known Known, dialect: Dialect, tenant: usize) -> Self {
        Self {
            known,
            dialect,
            tenant,
            ctes: Vec::new(),
            count: Count::default(),
            writes: false,
            wrapped: 0,
        }
    }

    pub(in crate::scope) const fn writes(&self) -> bool {
        self.writes
    }
}

/// Refuses a part of the statement that must not be there.
pub(super) fn absent<T>(part: Option<&T>, what: &'static str, near: &impl Placed) -> Result {
    unless(part.is_some(), what, near)
}

/// Refuses when `is_there`.
pub(super) fn unless(is_there: bool, what: &'static str, near: &impl Placed) -> Result {
    if is_there { Err(Refusal::at(near, format!("{what} is not taken"))) } else { Ok(()) }
}
