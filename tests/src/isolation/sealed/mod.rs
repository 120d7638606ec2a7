//! Sealed binding: injected SQL names another tenant, and sees nothing.
//!
//! Each test speaks as the role of a service, which owns nothing. The attacks run where injected
//! SQL would run: inside a transaction of their own tenant.

mod attacks;
mod cancelled;
mod cost;
mod keys;
mod lent;
mod places;
mod start_up;
mod world;
