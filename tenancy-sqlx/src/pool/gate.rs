use std::sync::Arc;

use tenancy_core::{Error, ErrorKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::backend::{Access, Slots};

/// The queue for the connections of a pool.
///
/// The pool has one of its own; this one stands before it, so that "all are busy" and "the server
/// does not answer" are two things: only the second says something about the server.
#[derive(Debug)]
pub(super) struct Gate {
    readers: Arc<Semaphore>,
    writers: Arc<Semaphore>,
}

impl Gate {
    pub(super) fn new(slots: Slots) -> Self {
        match slots {
            Slots::Alike(count) => {
                let all = Arc::new(Semaphore::new(count));
                Self { readers: all.clone(), writers: all }
            }
            Slots::OneWriter { readers } => Self {
                readers: Arc::new(Semaphore::new(readers)),
                writers: Arc::new(Semaphore::new(1)),
            },
        }
    }

    /// Waits for a turn, in the order of asking.
    pub(super) async fn enter(
        &self,
        access: Access,
        deadline: Instant,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let slots = match access {
            Access::ReadOnly => &self.readers,
            Access::ReadWrite => &self.writers,
        };
        wait(slots, deadline).await
    }
}

/// Waits for a place, until a time.
pub(super) async fn wait(
    slots: &Arc<Semaphore>,
    deadline: Instant,
) -> Result<OwnedSemaphorePermit, Error> {
    match slots.clone().try_acquire_owned() {
        Ok(permit) => Ok(permit),
        // Waiters come first: nothing is free while one waits.
        Err(_) => match timeout_at(deadline, slots.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(Error::new(
                ErrorKind::Overloaded,
                "begin a transaction: all connections are busy: raise max_connections, or the \
                 dedicated ones, or end transactions sooner",
            )),
        },
    }
}

pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "begin a transaction: the database was closed")
}
