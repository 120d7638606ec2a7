//! How often a value was there, and how often it was not.

use metrics::{Key, Label, Level, Metadata};

use super::CacheName;

/// What a caller of a cache got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A value that was there.
    Hit,
    /// There was none: it was loaded, if the caller wanted that.
    Miss,
    /// The store could not be asked: the same as a miss.
    Away,
    /// An error.
    Failed,
}

/// One counter for each outcome: keys that are made once cost no memory on the way.
#[derive(Debug)]
pub(super) struct Outcomes([Key; 4]);

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

impl Outcomes {
    pub(super) fn new(cache: &CacheName) -> Self {
        Self(["hit", "miss", "away", "failed"].map(|outcome| {
            let labels = vec![
                Label::new("cache", cache.as_str().to_owned()),
                Label::from_static_parts("outcome", outcome),
            ];
            Key::from_parts("tenancy_cache_requests_total", labels)
        }))
    }

    pub(super) fn count(&self, outcome: Outcome) {
        let [hit, miss, away, failed] = &self.0;
        let key = match outcome {
            Outcome::Hit => hit,
            Outcome::Miss => miss,
            Outcome::Away => away,
            Outcome::Failed => failed,
        };
        metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA)).increment(1);
    }
}
