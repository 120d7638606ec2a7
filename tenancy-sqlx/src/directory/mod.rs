//! The directory of tenants in SQL.

mod api_keys;
mod changes;
mod domains;
mod read;
mod sessions;
mod sql_directory;

pub use sql_directory::SqlDirectory;
