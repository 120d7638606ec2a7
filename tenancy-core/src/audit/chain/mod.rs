//! The hash chain of one tenant: nothing in it is changed, removed or moved unseen.

mod fault;
mod hash;
mod head;
mod verifier;

pub use fault::{ChainBreak, ChainFault, ChainVerdict};
pub use hash::AuditHash;
pub use head::{ChainHead, ChainedEvent};
pub use verifier::ChainVerifier;
