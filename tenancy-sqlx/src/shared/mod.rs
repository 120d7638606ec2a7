//! Tables that all tenants share.

mod registry;
mod repository;
mod statements;

pub(crate) use registry::SharedRegistry;
pub use repository::SharedRepository;
use statements::Statements;
