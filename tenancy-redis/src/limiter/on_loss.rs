use std::num::NonZeroU32;
use std::time::Duration;

use tenancy_core::limit::step::{Reading, Refusal};
use tenancy_core::limit::{Call, Limit, Operation, Policy};

/// What decides while Redis does not answer.
///
/// The default is a local share. The service stays up, no caller waits, and every node keeps
/// to its part: with the right number of nodes they admit no more than the limit together. The
/// other two give one of these up, which is for you to choose.
///
/// When Redis goes away and when it comes back, the window holds calls that the other side
/// counted: across that moment up to twice the limit can pass. A limit smaller than the number
/// of nodes leaves one call for each node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnLoss {
    /// Each node counts by itself against its share of every limit.
    LocalShare {
        /// How many nodes there are.
        nodes: NonZeroU32,
    },
    /// Nothing is admitted: [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable).
    Closed,
    /// Everything is admitted and nothing is counted.
    Open,
}

impl Default for OnLoss {
    /// A local share of one node: the whole limit.
    fn default() -> Self {
        Self::LocalShare { nodes: NonZeroU32::MIN }
    }
}

/// Each limit with its share of the policy.
pub(super) fn shares(limits: &[Limit], nodes: NonZeroU32) -> Vec<Limit> {
    limits.iter().map(|limit| limit.clone().with_policy(limit.policy().share_of(nodes))).collect()
}

/// What a share said, as a reading of the whole limit.
///
/// A cost above the share is refused for now, not for good: Redis will be back.
pub(super) fn reading_of_share(reading: Reading, whole: Policy, call: Call) -> Reading {
    match reading.refusal {
        Some(Refusal::Never) if call.cost() <= whole.n() => {
            Reading { refusal: Some(Refusal::Wait(whole.window())), ..reading }
        }
        _ => reading,
    }
}

/// What is said when nobody counts.
pub(super) fn unchecked(policy: Policy, call: Call) -> Reading {
    // Part of a cost fits always, and a permit costs nothing.
    let fits = call.cost() <= policy.n()
        || matches!(policy, Policy::Concurrency(_))
        || matches!(call.operation(), Operation::UpTo | Operation::Force);
    Reading {
        remaining: policy.n().get(),
        more_after: Duration::ZERO,
        reset_after: Duration::ZERO,
        refusal: (!fits).then_some(Refusal::Never),
    }
}
