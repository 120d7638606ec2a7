//! The handle that layers and applications tell events to.

mod attached;
#[expect(clippy::module_inception, reason = "the auditor is what this folder is about")]
mod auditor;
mod drain;
mod options;
mod pending;
mod queue;
mod windows;

pub use auditor::Auditor;
pub use options::AuditorOptions;
