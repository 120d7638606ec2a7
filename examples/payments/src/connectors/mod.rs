//! Payment providers: who takes the payer's money, behind one trait.

mod connector;
mod http;
pub(crate) mod paynova;
mod simulator;
pub(crate) mod stripe;
mod told;

pub(crate) use connector::{CallError, Connector, Order, Question, Report, Standing, holds_for};
pub(crate) use http::{Endpoint, client};
pub(crate) use paynova::Paynova;
pub(crate) use simulator::Simulator;
pub(crate) use stripe::Stripe;
pub(crate) use told::Told;
