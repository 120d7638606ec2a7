//! What a caller over HTTP is told: `application/problem+json` (RFC 9457).

mod details;
mod mapping;
#[cfg(feature = "axum")]
mod response;

pub use details::Problem;
