//! Payments: made once, confirmed with a provider, captured, refunded, canceled.
//!
//! Every question to a provider is written down before it is asked. Its answer is written down in
//! one transaction with all that follows from it.

pub(crate) mod attempts;
mod cancel;
mod capabilities;
pub(crate) mod captures;
mod create;
mod expire;
mod new_payment;
mod open_work;
mod payment;
pub(crate) mod reconcile;
pub(crate) mod refunds;
pub(crate) mod routes;
mod state;
pub(crate) mod step;
pub(crate) mod undecided;
mod verdict;

pub(crate) use capabilities::CAPABILITIES;
pub(crate) use open_work::OpenWork;
pub(crate) use payment::{CaptureMode, Payment, PaymentView};
pub(crate) use state::PaymentState;
