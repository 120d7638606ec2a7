use std::any::Any;
use std::fmt;

/// The right to fill a key that was missing, for as long as nothing happens to it.
///
/// A store makes one when a load begins, with whatever it needs to tell later whether the key was
/// removed, put, or flushed with its tenant in the meantime. To everybody else it says nothing.
///
/// ```
/// use tenancy_core::cache::Lease;
///
/// let lease = Lease::new(7_u64);
/// assert_eq!(lease.of::<u64>(), Some(&7));
/// assert_eq!(lease.of::<String>(), None);
/// ```
pub struct Lease(Box<dyn Any + Send + Sync>);

impl Lease {
    /// Makes a lease that holds what its store will look at.
    pub fn new(state: impl Any + Send + Sync) -> Self {
        Self(Box::new(state))
    }

    /// Returns what it holds, if it is of this type.
    pub fn of<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}
