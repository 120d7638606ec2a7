//! Slots shared among tenants: who waits, for how long, and what is left behind.

mod bounds;
mod cancelled;
mod load;
mod numbers;
mod process;
mod turns;
