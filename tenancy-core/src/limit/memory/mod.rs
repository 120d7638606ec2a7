mod atomics;
mod cell;
mod charges;
mod handle;
mod limiter;
mod shard;
mod shared;
mod sharing;
mod state;
mod tenant_states;

pub use handle::{LimitHandle, Verdict};
pub use limiter::MemoryRateLimiter;
