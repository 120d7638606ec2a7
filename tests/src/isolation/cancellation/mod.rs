//! A request that is gone half-way leaves nothing to the next user of its connection.
//!
//! sqlx 0.9.0 does (its issues 4385 and 4393): a cancelled begin handed the next borrower the
//! victim's open transaction in 16 of 25 tries. Hence a transaction of our own.

mod every_await;
mod spoilt;
mod victim;

pub(super) use every_await::nothing_is_left;
