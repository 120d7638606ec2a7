use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::EnvelopeKey;
use crate::{Clock, Error, SystemClock};

/// The keys of envelopes: one seals, it and the others open. They can be replaced at run time.
///
/// Clones share them. To rotate without refusing anybody:
///
/// 1. let every process open with the new key, while the old one seals;
/// 2. let the new one seal, while the old one still opens;
/// 3. when the last envelope of the old one has expired, leave that out.
///
/// ```
/// use tenancy_core::{EnvelopeKey, EnvelopeKeys};
///
/// let key = |id| EnvelopeKey::new(id, b"thirty-two random bytes of its own, or more");
/// let keys = EnvelopeKeys::new(key("2026-11")?, [])?;
/// keys.replace(key("2026-11")?, [key("2026-12")?])?;
/// keys.replace(key("2026-12")?, [key("2026-11")?])?;
/// keys.replace(key("2026-12")?, [])?; // Whatever the old one sealed is refused from here on.
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone)]
pub struct EnvelopeKeys {
    ring: Arc<RwLock<Arc<Ring>>>,
    pub(super) clock: Arc<dyn Clock>,
}

/// One state of the keys.
pub(super) struct Ring {
    pub(super) sealing: EnvelopeKey,
    /// The sealing one too.
    opening: Vec<EnvelopeKey>,
}

impl EnvelopeKeys {
    /// Seals with one key, and opens with it and these.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when two keys have one id.
    pub fn new(
        sealing: EnvelopeKey,
        opening: impl IntoIterator<Item = EnvelopeKey>,
    ) -> Result<Self, Error> {
        let ring = Arc::new(Ring::new(sealing, opening)?);
        Ok(Self { ring: Arc::new(RwLock::new(ring)), clock: Arc::new(SystemClock) })
    }

    /// Takes time from another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Puts other keys in the place of all, for all who hold a clone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when two keys have one id; then all stays
    /// as it was.
    pub fn replace(
        &self,
        sealing: EnvelopeKey,
        opening: impl IntoIterator<Item = EnvelopeKey>,
    ) -> Result<(), Error> {
        let ring = Arc::new(Ring::new(sealing, opening)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    pub(super) fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Ring {
    fn new(
        sealing: EnvelopeKey,
        others: impl IntoIterator<Item = EnvelopeKey>,
    ) -> Result<Self, Error> {
        let mut opening = vec![sealing.clone()];
        for key in others {
            if opening.iter().any(|other| other.id() == key.id()) {
                return Err(Error::invalid("id", "read envelope keys: two of them have one id"));
            }
            opening.push(key);
        }
        Ok(Self { sealing, opening })
    }

    pub(super) fn find(&self, id: &str) -> Option<&EnvelopeKey> {
        self.opening.iter().find(|key| key.id() == id)
    }
}

impl fmt::Debug for EnvelopeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = self.ring();
        f.debug_struct("EnvelopeKeys")
            .field("sealing", &ring.sealing)
            .field("opening", &ring.opening)
            .finish_non_exhaustive()
    }
}
