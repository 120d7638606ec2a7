//! Who is this request for: every strategy, alone and against every other.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api_key;
mod at_once;
mod bearer;
mod domain;
pub(crate) mod envelope;
mod header;
mod hosts;
mod jwks;
mod jwks_url;
mod jwt;
mod jwt_forgery;
mod pairs;
mod path;
mod properties;
mod session;
pub(crate) mod strategy;
pub(crate) mod table;
pub(crate) mod token;
pub(crate) mod world;
