//! Webhooks out, after the Standard Webhooks specification.
//!
//! Each event goes to the endpoints of its tenant that ask for its kind: at least once, with the
//! event's id as `webhook-id`, signed, and tried again for three days. Who answers 410 or fails for
//! five days gets no more.

mod attempt;
mod deliver;
mod delivery;
mod endpoint;
mod publisher;
mod replay;
mod schedule;
mod secret;
mod settings;
mod stats;
#[expect(clippy::module_inception, reason = "the settings and what is done with them")]
mod webhooks;

use tenancy_sqlx::{Migration, TenantDbOptions};

pub use attempt::{Attempt, AttemptId, AttemptView};
pub use deliver::DELIVER;
pub use delivery::{Delivery, DeliveryId, DeliveryState, DeliveryView};
pub use endpoint::{Endpoint, EndpointId, EndpointState, EndpointView};
pub use publisher::Publisher;
pub use replay::{REPLAY, Replay};
pub use schedule::RETRIES;
pub use secret::{SigningSecret, signature};
pub use settings::{EndpointPatch, Kinds, NewEndpoint};
pub use stats::EndpointStats;
pub use webhooks::Webhooks;

/// Returns the migration of the tables of webhooks, under an application's version. It comes
/// behind that of events.
pub const fn migration(version: u32) -> Migration {
    Migration::new(
        version,
        "webhooks",
        include_str!("../../migrations/sqlite/webhooks.sql"),
        include_str!("../../migrations/postgres/webhooks.sql"),
    )
}

/// Registers the tables of webhooks.
pub fn register(options: TenantDbOptions) -> TenantDbOptions {
    options.register::<Endpoint>().register::<Delivery>().register::<Attempt>()
}
