//! What a handler may ask for, of this crate's own types.

mod auditor;
mod bypass;
