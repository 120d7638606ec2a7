use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tenancy_core::Error;

use super::{Settled, Taken};

/// Does the jobs of a kind.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does a job, in its context. It has fifteen seconds: what takes longer is done in parts, by
    /// [`again`](Taken::again).
    ///
    /// Settle the job in the transaction of what it changes: then that happens once.
    ///
    /// # Errors
    ///
    /// What stands in the way: the job is begun again later, after a second at first, after an
    /// hour at last, and twenty times at most.
    async fn run(&self, job: Taken) -> Result<Settled, Error>;

    /// Tells whether jobs of a suspended tenant are done too. Without more they wait until it is
    /// suspended no longer.
    fn serves_suspended(&self) -> bool {
        false
    }
}

/// Who does which kind of job.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<&'static str, Arc<dyn Handler>>);

impl Handlers {
    /// Adds a kind.
    pub fn with(mut self, kind: &'static str, handler: impl Handler + 'static) -> Self {
        self.0.insert(kind, Arc::new(handler));
        self
    }

    pub(super) fn of(&self, kind: &str) -> Option<&Arc<dyn Handler>> {
        self.0.get(kind)
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
