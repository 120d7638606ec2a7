//! Bringing the schema up to date: the library's own tables, then the application's.

mod control_plane;
mod migration;
mod runner;

pub use migration::Migration;
pub(crate) use runner::{Tables, lock, run};
