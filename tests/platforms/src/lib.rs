//! The platforms, asked over HTTP as programs of their own, on real servers.
//!
//! The modules stand beside those of the libraries: `tests/run NAME` runs one of either.
#![cfg(test)]

#[path = "../../src/concurrency/mod.rs"]
mod concurrency;
#[path = "../../src/crash/mod.rs"]
mod crash;
#[allow(dead_code, unused_imports, reason = "the libraries' tests need the rest of it")]
#[path = "../../src/harness/mod.rs"]
mod harness;
#[path = "../../src/http/mod.rs"]
mod http;
#[path = "../../src/journey/mod.rs"]
mod journey;
#[path = "../../src/payments/mod.rs"]
mod payments;
#[path = "../../src/people/mod.rs"]
mod people;
#[path = "../../src/platform/mod.rs"]
mod platform;
