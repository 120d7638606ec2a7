//! Whose request is served next, when there are more than can be served at once.

mod bounds;
mod gate;
mod held_body;
mod layer;
mod party;
mod place;
mod run_times;
mod scheduler;
mod service;
mod share;
mod slot;

pub use layer::FairShareLayer;
pub use service::FairShareService;
