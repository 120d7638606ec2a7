//! The algorithms as pure steps: a state, a time and a cost give a reading and the next state.
//!
//! No clock, no lock and no storage here. What the scripts of `tenancy-redis` compute is the
//! same to the microsecond.

mod reading;
mod sliding_log;

pub use reading::{Reading, Refusal};
pub use sliding_log::SlidingLogState;
