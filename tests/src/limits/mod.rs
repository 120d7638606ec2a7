//! Rate limits: in memory, over Redis, and while Redis is away.

mod envelope;
mod memory;
mod model;
mod oracle;
mod redis;
mod redis_away;
mod waiting;
