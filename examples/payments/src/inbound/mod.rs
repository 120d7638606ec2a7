//! Webhooks in: what providers say of payments, captures and refunds.

mod admission;
mod apply;
mod capabilities;
mod fact;
pub(crate) mod receive;
pub(crate) mod routes;

pub(crate) use apply::OnPayments;
pub(crate) use capabilities::CAPABILITIES;
