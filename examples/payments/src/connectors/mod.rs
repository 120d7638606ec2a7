//! Payment providers: who takes the payer's money, behind one trait.

mod connector;
mod simulator;
mod wait;

pub(crate) use connector::{CallError, Connector, Order, Report, Standing};
pub(crate) use simulator::Simulator;
pub(crate) use wait::within;
