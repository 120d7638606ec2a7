use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

use crate::backend::Pools;

/// One connection of a tenant's own database, as a pool of one: it may be broken and mended, but
/// there are never two.
pub(super) struct Lane {
    pub(super) pools: Pools,
    opened: Instant,
    /// Its part of the budget, given back when the connection is closed.
    permit: OwnedSemaphorePermit,
}

impl Lane {
    /// A server process grows with what it has seen.
    const LIFETIME: Duration = Duration::from_mins(30);
    /// A server that does not answer keeps nobody waiting for a goodbye.
    const GOODBYE: Duration = Duration::from_secs(5);

    pub(super) fn new(pools: Pools, permit: OwnedSemaphorePermit) -> Self {
        Self { pools, opened: Instant::now(), permit }
    }

    pub(super) fn is_old(&self) -> bool {
        self.opened.elapsed() > Self::LIFETIME
    }

    /// Closes the connection in background, which nobody can cancel.
    pub(super) fn close(self) {
        let close = async move {
            let _ = timeout(Self::GOODBYE, self.pools.close()).await;
            drop(self.permit);
        };
        // Without a runtime, dropping it closes the socket.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(close);
        }
    }
}
