//! Rate limits: in memory, over Redis, leased, and while Redis is away.

mod changed;
mod dice;
mod envelope;
mod failover;
mod handles;
mod interleavings;
mod lease;
mod memory;
mod model;
mod oracle;
mod redis;
mod redis_away;
mod redis_faults;
mod waiting;
