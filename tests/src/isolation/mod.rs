//! Nobody crosses: each layer by itself, and what cancellation, panics and faults leave behind.

mod attacks;
mod cancellation;
mod database_layer;
mod faults;
mod migrations;
mod predicate_layer;
mod round_trips;
mod start_up;
