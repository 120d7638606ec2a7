//! The algorithms as pure steps: a state, a time and a cost give a reading and the next state.
//!
//! No clock, no lock and no storage here. What the scripts of `tenancy-redis` compute is the
//! same to the microsecond.

mod at_most;
mod calendar;
mod concurrency;
mod part;
mod reading;
mod sliding_log;
mod token_bucket;

pub use at_most::AtMostState;
pub use calendar::CalendarState;
pub use concurrency::ConcurrencyState;
use part::part;
use reading::micros;
pub use reading::{Reading, Refusal};
pub use sliding_log::SlidingLogState;
pub use token_bucket::TokenBucketState;
