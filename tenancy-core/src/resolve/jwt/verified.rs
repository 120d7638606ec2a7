//! Tokens whose signature need not be checked again.

use std::fmt;
use std::sync::Arc;

use foldhash::quality::RandomState;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use crate::resolve::TenantClaim;

/// What the entries of one resolver may take, in bytes.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// How many there may be.
const MAX_ENTRIES: u64 = 16 * 1024;
/// How many there is room for at the start.
const FEW: usize = 256;

/// Good tokens, by all their bytes. Bad ones are not remembered.
pub(super) struct VerifiedTokens(Cache<Box<[u8]>, Arc<Verified>, Bytes, RandomState>);

/// What a token proves, and when.
pub(super) struct Verified {
    /// Of the keys: with others it proves nothing.
    pub(super) generation: u64,
    /// In seconds since the epoch, without leeway.
    pub(super) not_before: f64,
    pub(super) expires: f64,
    pub(super) claim: TenantClaim,
}

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        Self(Cache::with(
            FEW,
            MAX_BYTES,
            Bytes,
            RandomState::default(),
            DefaultLifecycle::default(),
        ))
    }

    pub(super) fn get(&self, token: &[u8]) -> Option<Arc<Verified>> {
        self.0.get(token)
    }

    pub(super) fn insert(&self, token: &[u8], verified: Arc<Verified>) {
        self.0.insert(token.into(), verified);
    }

    pub(super) fn remove(&self, token: &[u8]) {
        self.0.remove(token);
    }
}

/// What an entry takes.
#[derive(Clone)]
struct Bytes;

impl Weighter<Box<[u8]>, Arc<Verified>> for Bytes {
    /// The claim is made of parts of the token: twice its length, and what an entry costs at least.
    fn weight(&self, token: &Box<[u8]>, _: &Arc<Verified>) -> u64 {
        (token.len() as u64 * 2).max(MAX_BYTES / MAX_ENTRIES)
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedTokens").finish_non_exhaustive()
    }
}
