//! Payments: made once, listed by cursor, canceled while nobody has paid.

mod cancel;
mod create;
mod new_payment;
mod payment;
pub(crate) mod routes;
mod state;

pub(crate) use payment::Payment;
pub(crate) use payment::PaymentView;
pub(crate) use state::PaymentState;
