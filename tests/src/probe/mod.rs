//! The probe: nothing where nothing is wrong, and every leak that was put there on purpose.

mod clean;
mod connections;
mod foreign_keys;
mod guard;
mod left_behind;
mod sealed;
mod values;
mod views;
mod world;
