//! Webhooks in: what others say has happened, taken once and applied in any order.
//!
//! A request is verified over its raw body before anything of it is read. Its events are kept, each
//! id of a source once, and applied by jobs: again and again while what they are about is not
//! there yet, until they are given up and wait for somebody to look at them.

mod apply;
mod event;
#[expect(clippy::module_inception, reason = "the sources and what is done with them")]
mod inbound;
mod networks;
mod receive;
mod said;
mod scheme;
mod source;

use tenancy_sqlx::{Migration, TenantDbOptions};

pub use apply::{Applied, Applier, Apply, INBOUND};
pub use event::{InboundEvent, InboundEventId, InboundEventView, InboundState};
pub use inbound::Inbound;
pub use receive::{Received, Sent, Verified};
pub use scheme::Scheme;
pub use source::{NewSource, Source, SourceId, SourcePatch, SourceView};

/// Returns the migration of the tables of webhooks in, under an application's version.
pub const fn migration(version: u32) -> Migration {
    Migration::new(
        version,
        "inbound",
        include_str!("../../migrations/sqlite/inbound.sql"),
        include_str!("../../migrations/postgres/inbound.sql"),
    )
}

/// Registers the tables of webhooks in.
pub fn register(options: TenantDbOptions) -> TenantDbOptions {
    options.register::<Source>().register::<InboundEvent>()
}
