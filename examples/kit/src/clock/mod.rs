//! A clock that tests and demonstrations move forward.

mod demo;
mod routes;

pub use demo::DemoClock;
pub use routes::{OperatorKey, clock_router};
