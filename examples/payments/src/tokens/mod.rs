//! Access tokens for programs of people, and what they are renewed with.
//!
//! An access token is good for ten minutes and verified without a database, by keys that anybody
//! can read. A refresh token is good once: it gives the next pair. One that comes a second time
//! was copied, so all that came of the same sign-in ends.

mod command;
mod family;
mod forget;
mod issue;
mod key_ring;
mod refresh;
mod resolver;
pub(crate) mod routes;
mod signing_key;

pub use command::KeysCommand;

pub(crate) use command::execute;
pub(crate) use family::{RefreshToken, TokenFamily};
pub(crate) use forget::forget;
pub(crate) use key_ring::KeyRing;
pub(crate) use resolver::TokenResolver;
pub(crate) use signing_key::SigningKey;
