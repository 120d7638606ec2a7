use tokio::sync::oneshot;

use crate::Error;
use crate::limit::{Decision, Limit};

/// A call that waits for tokens.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) limits: Box<[Limit]>,
    pub(super) cost: u32,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What a call that waited is answered; with it what to show when it is taken back.
pub(super) type Answer = Result<(Decision, Receipt), Error>;

/// How many rounds of requests had begun when something was spent.
///
/// What was spent before a request is not in the lease that came of it, and cannot be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Receipt(pub(super) u64);
