//! What changed in a directory, told to the nodes that remember it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::broadcast;

use super::TenantKey;
use crate::{Error, TenantId};

/// A tenant's record, or something that leads to it, is no longer what it was.
///
/// It names the old keys and the new ones: a slug that was given up must not lead anywhere, and
/// one that was taken must not stay unknown. Hashes of API keys and sessions are keys too; the
/// secrets never travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidation {
    /// The tenant.
    pub tenant: TenantId,
    /// The version its record has now; older ones are out of date.
    pub version: i64,
    /// The keys whose answers changed, besides the tenant's id.
    pub keys: Vec<TenantKey>,
}

/// What a node hears.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BusEvent {
    /// Something changed.
    Invalidated(Arc<Invalidation>),
    /// Messages may have been missed: everything remembered must be asked for again.
    Gap,
}

/// Carries invalidations to all nodes.
///
/// It may lose messages, and then says [`BusEvent::Gap`] when it notices. What it loses unnoticed
/// is found by asking the directory for [`changes`](super::TenantDirectory::changes_since).
#[async_trait]
pub trait InvalidationBus: fmt::Debug + Send + Sync + 'static {
    /// Tells all nodes, this one too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when it is not known to have
    /// left.
    async fn publish(&self, invalidation: &Invalidation) -> Result<(), Error>;

    /// Hears what is published from now on. A receiver that falls behind reads
    /// [`RecvError::Lagged`](broadcast::error::RecvError::Lagged), which is a gap.
    fn subscribe(&self) -> broadcast::Receiver<BusEvent>;
}

/// What changed in a directory after a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The directory's revision now. It grows with every change of any tenant.
    pub revision: i64,
    /// What changed; `None` when the directory no longer knows, and everything may have.
    pub invalidations: Option<Vec<Invalidation>>,
}
