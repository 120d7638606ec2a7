//! What an actor may do: roles, grants, forbids, scopes, and who decided.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod catalogue;
mod decisions;
mod delegation;
mod names;
mod oracle;
mod own;
mod properties;
mod scopes;
mod sources;
mod stored;
mod validity;
mod world;
