//! What every backend must do alike: each suite is run by all of them.

pub(crate) mod audit;
pub(crate) mod cache;
pub(crate) mod limiter;
pub(crate) mod meter;
pub(crate) mod quota;
pub(crate) mod shapes;
pub(crate) mod sink;
