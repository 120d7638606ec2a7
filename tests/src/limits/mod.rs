//! Rate limits: in memory, over Redis, leased, and while Redis is away.

mod envelope;
mod handles;
mod interleavings;
mod lease;
mod memory;
mod model;
mod oracle;
mod redis;
mod redis_away;
mod waiting;
