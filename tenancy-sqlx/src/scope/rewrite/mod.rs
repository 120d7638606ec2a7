//! A tree that names no tenant becomes one that names it at every table.
//!
//! Every struct is taken apart field by field and every enum variant by variant: what a newer
//! parser adds does not compile here, and what is not known is refused.

mod count;
mod delete;
mod expression;
mod from;
mod function;
mod insert;
mod joined;
mod names;
mod predicate;
mod query;
mod select;
mod statement;
mod types;
mod update;
mod walk;

pub(super) use statement::rewrite;
pub(super) use walk::Walk;
