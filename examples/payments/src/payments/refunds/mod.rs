//! Giving money back, wholly or in parts.

mod ask;
mod capabilities;
mod create;
mod elsewhere;
mod record;
mod refund;
mod resolve;
pub(crate) mod routes;

pub(super) use ask::ask;
pub(crate) use capabilities::CAPABILITIES;
pub(crate) use elsewhere::{Elsewhere, made_elsewhere};
pub(crate) use record::record;
pub(crate) use refund::{Refund, RefundState, RefundView};
