mod limiter;
mod shard;
mod state;

pub use limiter::MemoryRateLimiter;
