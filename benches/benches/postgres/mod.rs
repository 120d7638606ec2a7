//! A Postgres database of a bench, what is in it, and a link that counts.

mod database;
mod invoice;
mod link;

pub(crate) use database::{Database, ROLE, SERVICE, connect, run};
pub(crate) use invoice::{ByHand, COLUMNS, INVOICES, Invoice, fill};
pub(crate) use link::Link;
