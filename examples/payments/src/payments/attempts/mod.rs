//! Asking a provider for a payer's money: at most one question is open, and its answer is waited
//! for however long it takes.

mod attempt;
mod confirm;
mod pass_on;
mod put_off;
mod record;
mod resolve;
pub(crate) mod routes;
mod settle;
mod void;

pub(crate) use attempt::{Attempt, AttemptState, AttemptView};
pub(super) use confirm::{Confirmation, answer, confirm};
pub(crate) use confirm::{ask, open};
pub(crate) use put_off::put_off;
pub(crate) use record::record;
pub(super) use void::void;
