//! What happens to payments, captures and refunds, as events.
//!
//! [`App::emit`](crate::app::App::emit) writes one in the transaction of the change.

mod capabilities;
pub(crate) mod notifications;
pub(crate) mod routes;
mod subjects;

pub(crate) use capabilities::CAPABILITIES;

/// The version of the API that events show objects in.
pub(crate) const API_VERSION: &str = "2026-11-01";
