use std::any::Any;
use std::sync::Arc;

/// What is held as long as a transaction lasts, and given back behind its connection: a place in
/// a queue, a connection lent. What it is, only the giver knows.
#[derive(Clone, Default)]
pub(crate) struct Lease {
    /// Never read: dropping it is all it is for.
    _held: Option<Arc<dyn Any + Send + Sync>>,
}

impl Lease {
    pub(crate) fn of(held: impl Any + Send + Sync) -> Self {
        Self { _held: Some(Arc::new(held)) }
    }
}
