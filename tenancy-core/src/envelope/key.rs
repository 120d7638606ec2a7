use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::Error;

/// A key that seals and opens envelopes, by HMAC-SHA256. `Debug` shows its id alone.
#[derive(Clone)]
pub struct EnvelopeKey {
    id: Arc<str>,
    /// The state behind the secret, which itself is not kept.
    mac: Hmac<Sha256>,
}

impl EnvelopeKey {
    /// The bytes of a seal.
    pub(super) const SEAL: usize = 32;

    /// Takes a secret of at least 32 random bytes, and the id by which envelopes name it: 1 to 32
    /// letters, digits, `-` and `_`. The id is no secret.
    ///
    /// ```
    /// use tenancy_core::EnvelopeKey;
    ///
    /// let key = EnvelopeKey::new("2026-11", b"a secret of thirty-two bytes, or more")?;
    /// assert_eq!(key.id(), "2026-11");
    /// assert!(EnvelopeKey::new("2026-12", b"too short").is_err());
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a shorter secret, or another id.
    pub fn new(id: &str, secret: &[u8]) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=32).contains(&id.len()) || !id.bytes().all(allowed) {
            let message = "read the id of a key: 1 to 32 letters, digits, - and _ are expected";
            return Err(Error::invalid("id", message));
        }
        if secret.len() < 32 {
            let message = "read the secret of an envelope key: 32 bytes are the least";
            return Err(Error::invalid("secret", message));
        }
        let mac = Hmac::new_from_slice(secret)
            .map_err(|source| Error::invalid("secret", "read a secret").with_source(source))?;
        Ok(Self { id: id.into(), mac })
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn seal(&self, message: &str) -> [u8; Self::SEAL] {
        let mut mac = self.mac.clone();
        mac.update(message.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Tells whether a seal is this key's. It takes the same time wherever the two differ.
    pub(super) fn has_sealed(&self, message: &str, seal: &[u8]) -> bool {
        let mut mac = self.mac.clone();
        mac.update(message.as_bytes());
        mac.verify_slice(seal).is_ok()
    }
}

impl fmt::Debug for EnvelopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvelopeKey").field("id", &self.id).finish_non_exhaustive()
    }
}
