//! How fast a tenant may go: limits as values, decisions as answers.
//!
//! A [`Limit`] says what is counted (a name and a subject) and how much of it a [`Policy`]
//! admits. A [`RateLimiter`] decides one call over several limits of one tenant at once: either
//! all of them admit it and all are charged, or nothing is.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`SlidingLog`] | the exact shape: at most n in any window |
//! | [`Decision`] | the answer, and its [header fields](Decision::header_fields) |
//! | [`MemoryRateLimiter`] | the limiter of one process |
//! | [`step`] | the algorithms, without storage: other limiters must give the same numbers |

mod decision;
mod envelope;
mod header_fields;
mod limit_key;
mod limit_name;
mod memory;
mod policy;
mod rate_limit;
mod rate_limiter;
mod sliding_log;
pub mod step;

pub use decision::{Decision, LimitStatus, Source};
pub use envelope::RateEnvelope;
pub use header_fields::HeaderField;
pub use limit_key::LimitKey;
pub use limit_name::LimitName;
pub use memory::MemoryRateLimiter;
pub use policy::Policy;
pub use rate_limit::Limit;
pub use rate_limiter::RateLimiter;
pub use sliding_log::SlidingLog;
