//! Nobody crosses: each layer by itself, and what cancellation, panics and faults leave behind.

mod attacks;
mod bad_input;
mod binding;
mod cancellation;
mod cross_tenant;
mod database_layer;
mod faults;
mod history;
mod keys;
mod migrations;
mod mysql;
mod predicate_layer;
mod round_trips;
mod savepoints;
mod sealed;
mod shared;
mod stale_plans;
mod start_up;
