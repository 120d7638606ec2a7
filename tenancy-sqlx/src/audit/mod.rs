//! Audit events in SQL.

mod append;
mod find;
mod row;
mod sql_audit_log;

pub use sql_audit_log::SqlAuditLog;
