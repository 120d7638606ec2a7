//! Every verb of the repository, alike on every engine.

mod bad_input;
mod computed;
mod filters;
mod insert_many;
pub(crate) mod ledger;
mod lists;
mod patches;
mod soft_delete;
mod upserts;
mod verbs;
