//! The guarded figures of the benches, and how they are read.

mod edge;
mod figure;
mod isolation;
mod limits;
mod measured;
mod record;
mod resident;
mod side_by_side;
mod usage;

pub use figure::{Figure, Goal, Outcome};
pub use measured::{Measured, MeasuredError};
pub use record::record;
pub use resident::resident_bytes;
pub use side_by_side::side_by_side;

/// Returns the figures of a topic, or `None` when no topic has this name.
pub fn figures(topic: &str) -> Option<&'static [Figure]> {
    match topic {
        "edge" => Some(&edge::FIGURES),
        "isolation" => Some(&isolation::FIGURES),
        "limits" => Some(&limits::FIGURES),
        "usage" => Some(&usage::FIGURES),
        _ => None,
    }
}
