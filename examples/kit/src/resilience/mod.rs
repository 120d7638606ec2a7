//! Calling others over a network without falling with them: breakers, lines before them, retries
//! that are paid for, and pauses that grow.
//!
//! Nothing here reads a clock or waits by itself but the [`Bulkhead`]: time is handed in, so that
//! a test can move it.

mod backoff;
mod breaker;
mod bulkhead;
mod retry_budget;
mod upstream;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerOptions, BreakerState, Pass};
pub use bulkhead::{Bulkhead, Turn};
pub use retry_budget::RetryBudget;
pub use upstream::{Upstream, UpstreamPass};
