use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::LazyLock;

use crate::limit::{ChargeId, Limit, Policy};

/// The charges of one tenant that can be given back.
#[derive(Debug, Default)]
pub(super) struct Charges(HashMap<ChargeId, Charge>);

/// A charge that can be given back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Charge {
    pub(super) at: i64,
    pub(super) cost: NonZeroU32,
    /// The limits that were charged, and their policies.
    limits: u64,
    /// When nothing of it counts any more.
    until: i64,
}

impl Charges {
    pub(super) fn remember(&mut self, id: ChargeId, limits: &[Limit], at: i64, cost: NonZeroU32) {
        let longest = limits.iter().map(|limit| limit.policy().window()).max().unwrap_or_default();
        let longest = i64::try_from(longest.as_micros()).unwrap_or(i64::MAX);
        // A bucket of an at-most is forgotten a little later than its window.
        let until = at.saturating_add(longest.saturating_add(longest / 8));
        self.0.insert(id, Charge { at, cost, limits: fingerprint(limits), until });
    }

    /// Takes a charge to these limits out, once.
    pub(super) fn take(&mut self, id: ChargeId, limits: &[Limit], now: i64) -> Option<Charge> {
        let found = self.0.get(&id)?;
        if found.limits != fingerprint(limits) || found.until <= now {
            return None;
        }
        self.0.remove(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets the charges of which nothing has counted since then.
    pub(super) fn drop_idle(&mut self, since: i64) {
        self.0.retain(|_, charge| charge.until > since);
        self.0.shrink_to(self.0.len() * 2);
    }
}

fn fingerprint(limits: &[Limit]) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let each: Vec<(_, Policy)> = limits.iter().map(|limit| (limit.key(), limit.policy())).collect();
    KEY.hash_one(each)
}
