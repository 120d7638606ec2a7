use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At most so many calls at once, and a short wait for a turn: whoever is slow holds up no more
/// than that.
#[derive(Debug, Clone)]
pub struct Bulkhead {
    turns: Arc<Semaphore>,
    wait: Duration,
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "holding it is all")] OwnedSemaphorePermit);

impl Bulkhead {
    /// Lets so many in at once; others wait so long for a turn.
    pub fn new(at_once: usize, wait: Duration) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once)), wait }
    }

    /// Waits for a turn; `None` when none comes in time.
    ///
    /// # Cancel safety
    ///
    /// Whoever stops waiting has lost its place and nothing else.
    pub async fn enter(&self) -> Option<Turn> {
        let turn = tokio::time::timeout(self.wait, self.turns.clone().acquire_owned()).await;
        turn.ok()?.ok().map(Turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_tenants_slow_calls_take_no_turn_of_another() {
        let of = || Bulkhead::new(2, Duration::ZERO);
        let (one, two) = (of(), of());
        let (first, second) = (one.enter().await, one.enter().await);
        assert!(first.is_some() && second.is_some() && one.enter().await.is_none());
        assert!(two.enter().await.is_some());
        drop(first);
        assert!(one.enter().await.is_some());
    }
}
