//! A second factor beside the password: codes of an authenticator, and codes to write down.
//!
//! It belongs to the membership: each tenant has its own secret, sealed for it. Whoever has one is
//! let in in two steps, and has no session between them.

mod challenge;
mod codes;
mod entities;
pub(super) mod routes;
mod setting;

pub(super) use challenge::{challenge, is_asked_for};
pub(crate) use entities::{Challenge, KeptCode, SecondFactor};
