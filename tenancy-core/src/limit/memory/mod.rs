mod charges;
mod limiter;
mod shard;
mod state;
mod tenant_states;

pub use limiter::MemoryRateLimiter;
