//! What happens to a tenant's objects, told to whoever wants to know.
//!
//! An event is written in the transaction of the change it tells of: there is never one without
//! the other. Whoever publishes them is woken when the transaction is in, and finds what a killed
//! process left behind.

mod event;
mod outbox;

use tenancy_sqlx::Migration;

pub use event::{Event, EventId, EventView};
pub use outbox::{Outbox, Subject};

/// Returns the migration of the table of events, under an application's version.
pub const fn migration(version: u32) -> Migration {
    Migration::new(
        version,
        "events",
        include_str!("../../migrations/sqlite/events.sql"),
        include_str!("../../migrations/postgres/events.sql"),
    )
}
