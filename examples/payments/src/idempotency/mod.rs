//! Requests that may be sent again: the first answer is kept and given again.

mod answer;
mod fingerprint;
mod header;
mod replay;

pub(crate) use answer::Answer;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use header::{Idempotency, Turn};
pub(crate) use replay::{Replay, ReplayId};
