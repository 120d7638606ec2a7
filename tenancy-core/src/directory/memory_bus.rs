use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::broadcast;

use super::{BusEvent, Invalidation, InvalidationBus};
use crate::Error;

/// A bus for the nodes of one process: tests, and programs that run once.
#[derive(Debug, Clone)]
pub struct MemoryInvalidationBus(broadcast::Sender<BusEvent>);

impl MemoryInvalidationBus {
    /// Makes a bus; a receiver may be 1,024 messages behind.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(1_024))
    }
}

impl Default for MemoryInvalidationBus {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl InvalidationBus for MemoryInvalidationBus {
    async fn publish(&self, invalidation: &Invalidation) -> Result<(), Error> {
        // An error means that nobody listens.
        let _ = self.0.send(BusEvent::Invalidated(Arc::new(invalidation.clone())));
        Ok(())
    }

    fn subscribe(&self) -> broadcast::Receiver<BusEvent> {
        self.0.subscribe()
    }
}
