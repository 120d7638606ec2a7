//! What a caller over HTTP is told: `application/problem+json` (RFC 9457).

mod details;
#[cfg(feature = "axum")]
mod grpc;
mod mapping;
#[cfg(feature = "axum")]
mod response;

pub use details::Problem;
#[cfg(feature = "axum")]
pub use grpc::Protocol;
