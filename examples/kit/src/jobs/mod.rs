//! Work that outlives a request: written in the tenant's own data, and done once.
//!
//! A job is enqueued in the transaction of whatever asks for it. It runs in the context it was
//! enqueued in, which travels sealed beside it. Tenants take turns: one with a hundred thousand
//! jobs delays nobody else. A worker leases a job by the system's clock; when it dies, another one
//! takes the job when the lease is over, and what the first one may still write is refused.

mod handler;
mod job;
mod keys;
mod queue;
mod rota;
mod runner;
mod taken;
#[cfg(test)]
mod tests;

use tenancy_sqlx::Migration;

pub use handler::{Handler, Handlers};
pub use job::{Job, JobId, JobState};
pub use keys::PlatformKey;
pub use queue::{Jobs, NewJob};
pub use runner::Runner;
pub use taken::{Settled, Taken};

/// Returns the migration of the table of jobs, under an application's version, and that of
/// the key of their envelopes.
pub const fn migration(version: u32) -> Migration {
    Migration::new(
        version,
        "jobs",
        include_str!("../../migrations/sqlite/jobs.sql"),
        include_str!("../../migrations/postgres/jobs.sql"),
    )
}
