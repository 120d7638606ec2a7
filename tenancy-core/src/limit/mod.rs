//! How fast a tenant may go: limits as values, decisions as answers.
//!
//! A [`Limit`] says what is counted (a name and a subject) and how much of it a [`Policy`]
//! admits. A [`RateLimiter`] decides one call over several limits of one tenant at once: either
//! all of them admit it and all are charged, or nothing is.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`SlidingLog`] | at most n in any window: exact, each hit is remembered |
//! | [`AtMost`] | at most n in any window: in constant space, and up to a sixteenth early |
//! | [`TokenBucket`] | a burst, and a steady rate |
//! | [`Calendar`] | at most n in each second, minute, hour, day or month |
//! | [`Concurrency`] | at most n at once |
//! | [`RateEnvelope`] | the most that a shape ever admits, over any interval |
//! | [`Call`] | what is asked: a charge, a look, a part, a refund, a permit |
//! | [`Decision`] | the answer, and its [header fields](Decision::header_fields) |
//! | [`Permit`] | a permit that is held until it is dropped |
//! | [`Schedule`] | a policy that depends on the time of day |
//! | [`PatientRateLimiter`] | lets a charge wait its turn |
//! | [`MemoryRateLimiter`] | the limiter of one process |
//! | [`LimitHandle`] | limits in memory that were looked up ahead |
//! | [`lease`] | token buckets of all nodes, decided in process |
//! | [`step`] | the algorithms, without storage: other limiters must give the same numbers |

mod at_most;
mod calendar;
mod call;
mod change;
mod charge_id;
mod concurrency;
mod decimal;
mod decision;
mod envelope;
mod header_fields;
pub mod lease;
mod limit_key;
mod limit_name;
mod memory;
mod patient;
mod period;
mod permit;
mod policy;
mod rate_limit;
mod rate_limiter;
mod schedule;
mod sliding_log;
pub mod step;
mod token_bucket;
mod told;
mod window;
mod zone;

pub use at_most::AtMost;
pub use calendar::Calendar;
pub use call::{Call, Operation};
pub use change::Change;
pub use charge_id::ChargeId;
pub use concurrency::Concurrency;
pub use decision::{Decision, LimitStatus, Source};
pub use envelope::RateEnvelope;
pub use header_fields::{HeaderField, HeaderFields};
pub use limit_key::LimitKey;
pub use limit_name::LimitName;
pub use memory::{LimitHandle, MemoryRateLimiter, Verdict};
pub use patient::PatientRateLimiter;
pub use period::{Bounds, Period};
pub use permit::Permit;
pub use policy::Policy;
pub use rate_limit::Limit;
pub use rate_limiter::{Deciding, RateLimiter};
pub use schedule::Schedule;
pub use sliding_log::SlidingLog;
pub use token_bucket::TokenBucket;
pub use zone::Zone;
