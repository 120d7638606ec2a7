//! Sealed binding on Postgres: the database believes a tenant only with a proof.
//!
//! Row-level security as such believes a setting, and injected SQL can set it. Here the policies
//! ask a function, which checks a keyed hash over the tenant and the transaction it was made for.
//! The service holds the key in memory; in the database only the owner of the function reads it.

mod grant;
mod install;
mod key;
mod verify;

pub(crate) use grant::{grant, require_plain};
pub(crate) use install::{expire, install};
pub use key::SealKey;
pub(crate) use verify::verify;
