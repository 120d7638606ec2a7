//! Payment providers: who takes the payer's money, behind one trait.

mod connector;
mod http;
mod paynova;
mod simulator;
mod stripe;

pub(crate) use connector::{CallError, Connector, Order, Question, Report, Standing};
pub(crate) use http::{Endpoint, client};
pub(crate) use paynova::Paynova;
pub(crate) use simulator::Simulator;
pub(crate) use stripe::Stripe;
