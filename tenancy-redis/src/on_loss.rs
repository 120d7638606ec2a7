use std::num::NonZeroU32;

use tenancy_core::limit::step::{Reading, Refusal};
use tenancy_core::limit::{Limit, Policy};

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
pub(crate) fn shares(limits: &[Limit], nodes: NonZeroU32) -> Vec<Limit> {
    limits.iter().map(|limit| limit.clone().with_policy(limit.policy().share_of(nodes))).collect()
}

/// What a share said, as a reading of the whole limit.
///
/// A cost above the share is refused for now, not for good: Redis will be back.
pub(crate) fn reading_of_share(reading: Reading, whole: Policy, cost: NonZeroU32) -> Reading {
    match reading.refusal {
        Some(Refusal::Never) if cost <= whole.n() => {
            Reading { refusal: Some(Refusal::Wait(whole.window())), ..reading }
        }
        _ => reading,
    }
}

/// What is said when nobody counts.
pub(crate) fn unchecked(policy: Policy, cost: NonZeroU32) -> Reading {
    Reading {
        remaining: policy.n().get(),
        more_after: std::time::Duration::ZERO,
        reset_after: std::time::Duration::ZERO,
        refusal: (cost > policy.n()).then_some(Refusal::Never),
    }
}
