use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use tenancy_core::ResolverChain;

use super::audit::Audit;
use super::failures::FailureLimit;

type Mark = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// What a layer was told, shared by its services.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) chain: Arc<ResolverChain>,
    pub(super) serve_suspended: Option<Mark>,
    pub(super) failures: Option<FailureLimit>,
    pub(super) audit: Option<Audit>,
}

impl Settings {
    /// Tells whether a request is served whatever a tenant may not do at the moment.
    pub(super) fn is_exempt(&self, parts: &Parts) -> bool {
        self.serve_suspended.as_ref().is_some_and(|mark| mark(parts))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("chain", &self.chain).finish_non_exhaustive()
    }
}
