//! The entry: one per application.

mod begin;
mod guard;
mod tenant_db;

pub use tenant_db::TenantDb;
