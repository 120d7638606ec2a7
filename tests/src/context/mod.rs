//! What leaves a task and stays its tenant's: carriers, log lines, envelopes, outgoing requests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod buffers;
mod carrier;
mod dropped;
mod envelope;
mod envelope_bytes;
mod keys;
mod logs;
mod outgoing;
mod services;

use tenancy_core::{TenantContext, TenantId};

use crate::resolve::envelope::context;

/// Two tenants' contexts.
fn two() -> [TenantContext; 2] {
    ["north", "south"].map(|slug| context(TenantId::generate(), slug))
}

/// The slug of the tenant that runs here, or a dash.
fn slug() -> String {
    TenantContext::try_current().map_or("-".to_owned(), |it| it.tenant().slug().to_string())
}
