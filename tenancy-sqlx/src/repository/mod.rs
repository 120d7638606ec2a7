//! Repositories: every verb within one tenant.

mod aggregate;
mod cursor;
mod dialect;
mod encoding;
mod find;
mod insert_many;
mod join;
mod list;
mod order;
mod patch;
mod predicate;
mod query;
mod registry;
#[expect(clippy::module_inception, reason = "the repository is what this folder is about")]
mod repository;
mod scoped;
mod soft_delete;
mod stamp;
mod statements;
mod upsert;
#[cfg(feature = "probe")]
mod verbs;

pub(crate) use cursor::CursorKey;
pub(crate) use registry::Registry;
pub use repository::Repository;
pub(crate) use statements::Statements;
#[cfg(feature = "probe")]
pub(crate) use verbs::{Answer, Verb, Verbs};
