//! How a database learns the tenant, and whether the way to it lets it.

#[expect(clippy::module_inception, reason = "the binding is what this folder is about")]
mod binding;
mod verify;

pub use binding::Binding;
pub(crate) use verify::{verify_options, verify_route};
