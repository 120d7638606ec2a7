use std::fmt;
use std::sync::Arc;

use super::stripes::Stripes;

/// A counter of one tenant's series, looked up once. Clones add to the same count.
///
/// Adding takes some nanoseconds, allocates nothing and waits for nobody. The hour of what is
/// added is that of the last flush: early in an hour a count may fall into the one before.
/// [`UsageRecorder::count`](super::UsageRecorder::count) asks the clock each time.
///
/// What is added after its recorder is gone counts nowhere.
#[derive(Clone)]
pub struct UsageCounter {
    stripes: Arc<Stripes>,
}

impl UsageCounter {
    pub(super) const fn new(stripes: Arc<Stripes>) -> Self {
        Self { stripes }
    }

    /// Adds to the count.
    #[inline]
    pub fn add(&self, count: u64) {
        self.stripes.add(count);
    }
}

impl fmt::Debug for UsageCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageCounter").finish_non_exhaustive()
    }
}
