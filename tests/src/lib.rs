//! The tests of the house, against real servers: one binary, a module a topic.
//!
//! `tests/run` starts the servers; `tests/run NAME` runs the module of that name.
#![cfg(any(test, doctest))]

mod access;
mod audit;
mod cache;
mod cluster;
mod concurrency;
mod context;
mod contract;
mod crash;
mod decimals;
mod directory;
#[cfg(doctest)]
mod documents;
mod edge;
mod harness;
mod http;
mod isolation;
mod journey;
mod limits;
mod payments;
mod pools;
mod probe;
mod repository;
mod resolve;
mod scoper;
mod services;
mod testing;
mod usage;
