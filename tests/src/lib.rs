//! The tests of the house, against real servers: one binary, a module a topic.
//!
//! `tests/run` starts the servers; `tests/run NAME` runs the module of that name.
#![cfg(test)]

mod contract;
mod harness;
mod isolation;
mod repository;
mod services;
