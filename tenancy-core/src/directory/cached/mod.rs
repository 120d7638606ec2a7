//! A directory that remembers what another one said.

mod breaker;
mod directory;
mod follow;
mod options;
mod shelf;

pub use directory::CachedDirectory;
pub use options::CacheOptions;
