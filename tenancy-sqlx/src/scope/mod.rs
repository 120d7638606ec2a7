//! SQL of one's own within one tenant: read, rewritten so that every table names the tenant,
//! remembered by its text.

mod dialect;
mod functions;
#[cfg(test)]
mod golden;
mod known;
mod named_row;
mod refusal;
mod rewrite;
mod scoped;
mod scoper;
mod sql;
mod text;

pub(crate) use known::Known;
#[cfg(feature = "probe")]
pub(crate) use known::View;
pub(crate) use scoper::Scoper;
pub use sql::Sql;
