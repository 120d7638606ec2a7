//! The tests of the libraries, against real servers: one binary, a module a topic. Those of the
//! platforms are built by `tests/platforms`.
//!
//! `tests/run` starts the servers; `tests/run NAME` runs the module of that name.
#![cfg(any(test, doctest))]

mod access;
mod audit;
mod cache;
mod cluster;
mod context;
mod contract;
mod decimals;
mod directory;
#[cfg(doctest)]
mod documents;
mod edge;
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the platforms' tests need the rest of it"
)]
mod harness;
mod isolation;
mod limits;
mod pools;
mod probe;
mod repository;
mod resolve;
mod scoper;
mod services;
mod testing;
mod usage;
