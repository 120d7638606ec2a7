//! A payment platform for many banks: the whole of tenancy in one program.
//!
//! Each bank is a tenant with customers, payments, a plan and API keys of its own.
//! [`Service`] is the program; `main` only starts it.

mod access;
mod actors;
mod announcement;
mod api;
mod api_keys;
mod app;
mod audit;
mod backends;
mod bulk;
mod config;
mod connectors;
mod customers;
mod demo;
mod disputes;
mod domains;
mod events;
mod idempotency;
mod ids;
mod inbound;
mod integrations;
mod ledger;
mod line;
mod mode;
mod money;
mod month_query;
mod pages;
mod patience;
mod payments;
mod people;
mod plan;
mod plans;
mod platform;
mod probes;
mod quota;
mod resolvers;
mod router;
mod service;
mod sign_in;
mod support;
mod tokens;
mod usage;
mod webhooks;
mod workers;
mod workflows;

pub use config::Config;
pub use integrations::Allowed;
pub use platform::{Command, NewPlatformUser, PlatformRole, UserCommand, execute};
pub use service::Service;
pub use tokens::KeysCommand;
