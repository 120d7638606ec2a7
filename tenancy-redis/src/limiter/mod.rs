//! Limits that all nodes share: one script decides them, a batch of calls at a time.

mod answer;
mod asked;
mod batches;
mod on_loss;
mod rate_limiter;
mod strict;

pub use on_loss::OnLoss;
pub use rate_limiter::RedisRateLimiter;
pub use strict::StrictRedisRateLimiter;
