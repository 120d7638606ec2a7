//! What the strategies of a chain say of one request.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::TenantClaim;
use crate::ResolvedVia;

/// A claim that is not absent, by its strategy.
pub(super) type Heard = (ResolvedVia, TenantClaim);

/// All claims of a request. It is read from its front, and mostly there is one: that takes no
/// memory.
#[derive(Default)]
pub(super) struct AllHeard {
    first: Option<Heard>,
    rest: VecDeque<Heard>,
}

impl AllHeard {
    pub(super) fn push(&mut self, heard: Heard) {
        if self.first.is_none() {
            self.first = Some(heard);
        } else {
            self.rest.push_back(heard);
        }
    }

    /// Puts the most trusted first, and those alike by their rank.
    pub(super) fn sort(&mut self) {
        if self.rest.is_empty() {
            return;
        }
        if let Some(first) = self.first.take() {
            self.rest.push_front(first);
        }
        self.rest.make_contiguous().sort_by_key(|(via, claim)| (Reverse(claim.trust()), *via));
        self.first = self.rest.pop_front();
    }

    pub(super) fn first(&self) -> Option<&Heard> {
        self.first.as_ref()
    }

    pub(super) fn drop_first(&mut self) {
        self.first = self.rest.pop_front();
    }

    pub(super) fn any(&self, is: impl Fn(&Heard) -> bool) -> bool {
        self.first.iter().chain(&self.rest).any(is)
    }
}

impl Iterator for AllHeard {
    type Item = Heard;

    fn next(&mut self) -> Option<Heard> {
        let first = self.first.take();
        self.first = self.rest.pop_front();
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TenantId, TenantKey, Trust};

    fn claim(trust: Trust) -> TenantClaim {
        TenantClaim::new(TenantKey::Id(TenantId::generate()), trust)
    }

    #[test]
    fn the_most_trusted_comes_first_and_those_alike_by_rank() {
        let said = [
            (ResolvedVia::Path, Trust::Address),
            (ResolvedVia::Header, Trust::Hint),
            (ResolvedVia::ApiKey, Trust::Credential),
            (ResolvedVia::Subdomain, Trust::Address),
            (ResolvedVia::Jwt, Trust::Credential),
        ];
        // Each begins once, so that no order in which they come is the one that is asked for.
        for turn in 0..said.len() {
            let mut heard = AllHeard::default();
            assert!(heard.first().is_none());
            for (via, trust) in said.iter().cycle().skip(turn).take(said.len()) {
                heard.push((*via, claim(*trust)));
            }
            heard.sort();
            assert!(heard.any(|(via, _)| *via == ResolvedVia::Header));
            assert!(!heard.any(|(via, _)| *via == ResolvedVia::Session));
            let order: Vec<_> = heard.map(|(via, _)| via).collect();
            let [jwt, key, sub, path, header] = order[..] else { panic!("{order:?}") };
            assert_eq!((jwt, key), (ResolvedVia::Jwt, ResolvedVia::ApiKey));
            assert_eq!((sub, path), (ResolvedVia::Subdomain, ResolvedVia::Path));
            assert_eq!(header, ResolvedVia::Header);
        }
    }
}
