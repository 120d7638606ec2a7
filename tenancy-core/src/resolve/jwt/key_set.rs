use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::JwtKey;
use super::refresh::Refresh;

/// Keys that verify tokens, shared by all who hold a clone. They can be replaced at run time.
///
/// A key is found by its name. A single key without a name is meant whatever a token calls it,
/// and a single key with one may be left unnamed. A name that two keys have names neither.
///
/// ```
/// use tenancy_core::resolve::{JwtKey, KeySet};
///
/// let old = JwtKey::hs256(b"a secret of thirty-two bytes, or more")?.with_id("2026-01");
/// let new = JwtKey::hs256(b"another secret of thirty-two bytes, too")?.with_id("2026-02");
/// let keys = KeySet::from([old]);
/// keys.replace([new]); // Whatever the old one signed is refused from here on.
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone)]
pub struct KeySet(pub(super) Arc<Shared>);

pub(super) struct Shared {
    keys: RwLock<Arc<Keys>>,
    generation: AtomicU64,
    /// Microseconds since the epoch: later, keys from a JWKS are too old to be believed.
    good_until: AtomicI64,
    pub(super) refresh: Option<Refresh>,
}

/// One state of the set.
pub(super) struct Keys {
    pub(super) generation: u64,
    keys: Vec<JwtKey>,
}

impl KeySet {
    /// Puts other keys in the place of all. Tokens are verified anew.
    ///
    /// A set that follows a JWKS keeps them until that document changes.
    pub fn replace(&self, keys: impl IntoIterator<Item = JwtKey>) {
        self.0.replace(keys);
    }

    /// Waits for keys that are being fetched, or fetches them if that is due.
    pub(super) async fn make_ready(&self) {
        if let Some(refresh) = &self.0.refresh {
            refresh.wait(&self.0).await;
        }
    }

    /// Tells whether a name that is not known may be known soon.
    pub(super) fn may_learn(&self) -> bool {
        self.0.refresh.as_ref().is_some_and(Refresh::may_help)
    }

    pub(super) fn with(keys: impl IntoIterator<Item = JwtKey>, refresh: Option<Refresh>) -> Self {
        let good_until = if refresh.is_some() { i64::MIN } else { i64::MAX };
        Self(Arc::new(Shared {
            keys: RwLock::new(Arc::new(Keys::new(0, keys))),
            generation: AtomicU64::new(0),
            good_until: AtomicI64::new(good_until),
            refresh,
        }))
    }
}

impl Shared {
    /// Returns the state's number, unless its keys are too old or were never there.
    pub(super) fn generation(&self, now_micros: i64) -> Option<u64> {
        let is_good = now_micros <= self.good_until.load(Ordering::Acquire);
        is_good.then(|| self.generation.load(Ordering::Acquire))
    }

    pub(super) fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn replace(&self, keys: impl IntoIterator<Item = JwtKey>) {
        let keys: Vec<_> = keys.into_iter().collect();
        let mut place = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let next = place.generation + 1;
        // The number first: from here on nobody believes what the old keys have verified.
        self.generation.store(next, Ordering::Release);
        *place = Arc::new(Keys::new(next, keys));
    }

    pub(super) fn keep_until(&self, micros: i64) {
        self.good_until.store(micros, Ordering::Release);
    }
}

impl Keys {
    fn new(generation: u64, keys: impl IntoIterator<Item = JwtKey>) -> Self {
        let mut keys: Vec<_> = keys.into_iter().collect();
        let names: Vec<_> = keys.iter().map(|key| key.id.clone()).collect();
        // Which of two keys of one name is meant nobody can tell.
        let is_unique =
            |id: &String| names.iter().filter(|name| name.as_ref() == Some(id)).count() == 1;
        keys.retain(|key| key.id.as_ref().is_none_or(is_unique));
        Self { generation, keys }
    }

    pub(super) fn find(&self, id: Option<&str>) -> Option<&JwtKey> {
        match (id, self.keys.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(_), [only]) if only.id.is_none() => Some(only),
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
        }
    }
}

impl FromIterator<JwtKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = JwtKey>>(keys: I) -> Self {
        Self::with(keys, None)
    }
}

impl<const N: usize> From<[JwtKey; N]> for KeySet {
    fn from(keys: [JwtKey; N]) -> Self {
        keys.into_iter().collect()
    }
}

impl From<Vec<JwtKey>> for KeySet {
    fn from(keys: Vec<JwtKey>) -> Self {
        keys.into_iter().collect()
    }
}

impl From<&Self> for KeySet {
    fn from(keys: &Self) -> Self {
        keys.clone()
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.keys();
        f.debug_struct("KeySet")
            .field("generation", &keys.generation)
            .field("keys", &keys.keys)
            .finish_non_exhaustive()
    }
}
