//! What tests stand on: databases of their own, tenants, entities.

mod admin;
mod answer;
mod client;
mod database;
mod demo_tenant;
mod eventually;
mod invoice;
mod link;
mod mysql_admin;
mod note;
mod places;
mod private_cluster;
mod private_mysql;
mod private_pgbouncer;
mod private_postgres;
mod private_redis;
mod providers;
mod raw;
mod server;
mod site;

pub(crate) use admin::Admin;
pub(crate) use answer::Answer;
pub(crate) use client::Client;
pub(crate) use database::{Database, Engine};
pub(crate) use demo_tenant::DemoTenant;
pub(crate) use eventually::eventually;
pub(crate) use invoice::{Customer, INVOICES, Invoice, Status};
pub(crate) use link::Link;
pub(crate) use mysql_admin::MySqlAdmin;
pub(crate) use note::{NOTES, Note, count_notes, write_note};
pub(crate) use places::placed;
pub(crate) use private_cluster::PrivateCluster;
pub(crate) use private_mysql::PrivateMySql;
pub(crate) use private_pgbouncer::PrivatePgBouncer;
pub(crate) use private_postgres::PrivatePostgres;
pub(crate) use private_redis::PrivateRedis;
pub(crate) use providers::Providers;
pub(crate) use raw::{Raw, raw};
pub(crate) use server::Server;
pub(crate) use site::{Site, Stack, on_both_stacks};

use tenancy_core::TenantId;

/// Two tenants: with one, a test proves little.
pub(crate) fn two_tenants() -> (TenantId, TenantId) {
    (TenantId::generate(), TenantId::generate())
}

/// The host and port of a URL.
pub(crate) fn address(url: &str) -> String {
    let rest = url.split_once("://").expect("a URL").1;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

/// Tells whether time is no object: `tests/run NAME --long`.
pub(crate) fn is_long() -> bool {
    std::env::var_os("TENANCY_LONG").is_some()
}

/// A variable that `tests/run` sets.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests with tests/run, which starts the servers")
    })
}
