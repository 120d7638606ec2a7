//! A request body in JSON, read strictly; refusals name the field.

mod body;
mod fault;
mod members;

pub use body::Json;
