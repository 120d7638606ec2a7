//! Double entry: what happened to money is an entry whose debits and credits are equal, and is
//! never changed. The database holds both rules too, and keeps each account's balance.

mod account;
mod as_of;
mod balances;
mod capabilities;
pub(crate) mod corrections;
mod draft;
mod entry;
mod hold;
mod post;
pub(crate) mod routes;
mod settle;
mod statement;
mod trial_balance;
mod verify;

pub(crate) use account::{Account, AccountCode, Side};
pub(crate) use capabilities::CAPABILITIES;
pub(crate) use draft::{Cause, CauseKind, Draft};
pub(crate) use entry::{Entry, Posting};
pub(crate) use hold::{Hold, HoldState};
pub(crate) use post::{post, release, reserve};
