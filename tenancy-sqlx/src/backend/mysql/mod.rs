//! `MySQL` and `MariaDB`: values in and out, the message that begins a transaction, the pool, and
//! what errors mean.

mod begin;
mod codec;
mod fault;
mod marks;
mod pool;
mod statement;

pub(super) use begin::begin;
pub(super) use fault::{constraint, is_disconnect, kind, message, number};
pub(super) use pool::{create_database, pool};
pub(super) use statement::{execute, fetch};
