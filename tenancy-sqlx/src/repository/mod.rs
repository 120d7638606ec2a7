//! Repositories: every verb within one tenant.

mod registry;
#[expect(clippy::module_inception, reason = "the repository is what this folder is about")]
mod repository;
mod statements;

pub(crate) use registry::Registry;
pub use repository::Repository;
pub(crate) use statements::Statements;
