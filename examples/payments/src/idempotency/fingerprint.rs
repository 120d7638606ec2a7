use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Tells whether two requests ask for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Takes the route and the request as it was understood, not as it was written.
    pub(crate) fn of(route: &str, request: &impl Serialize) -> Self {
        let request = serde_json::to_vec(request).expect("a request is strings and numbers");
        let digest = Sha256::new().chain_update(route).chain_update([0]).chain_update(request);
        Self(digest.finalize().into())
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
