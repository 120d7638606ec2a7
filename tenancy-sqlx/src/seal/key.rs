use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tenancy_core::{Error, TenantId};

/// A key that seals the tenant of transactions, by HMAC-SHA256. `Debug` shows its version alone.
///
/// See [`TenantDbOptions::sealed`](crate::TenantDbOptions::sealed).
#[derive(Clone)]
pub struct SealKey(Arc<Parts>);

struct Parts {
    version: u32,
    /// The key exclusive-or the paddings of RFC 2104, as the database keeps them too.
    inner_pad: [u8; BLOCK],
    outer_pad: [u8; BLOCK],
    /// The state behind the secret.
    mac: Hmac<Sha256>,
}

/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// The secret's bytes: the length of the hash, as RFC 2104 advises.
const SECRET: usize = 32;

impl SealKey {
    /// Takes a secret of 32 random bytes, and its version: keys that follow each other have
    /// versions that rise from 1.
    ///
    /// ```
    /// use tenancy_sqlx::SealKey;
    ///
    /// let key = SealKey::new(1, b"thirty-two bytes of a real secret")?;
    /// assert_eq!(key.version(), 1);
    /// assert!(SealKey::new(1, b"too short").is_err());
    /// assert!(SealKey::new(0, &[7; 32]).is_err());
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) for fewer than 32 bytes, for more
    /// than 64, and for the version 0.
    pub fn new(version: u32, secret: &[u8]) -> Result<Self, Error> {
        if version == 0 {
            return Err(Error::invalid(
                "version",
                "read the version of a seal key: 1 is the least",
            ));
        }
        if !(SECRET..=BLOCK).contains(&secret.len()) {
            let message = "read the secret of a seal key: it needs 32 to 64 bytes";
            return Err(Error::invalid("secret", message));
        }
        let padded = |padding: u8| {
            let mut block = [padding; BLOCK];
            for (byte, secret) in block.iter_mut().zip(secret) {
                *byte ^= secret;
            }
            block
        };
        let mac = Hmac::new_from_slice(secret)
            .map_err(|source| Error::invalid("secret", "read a secret").with_source(source))?;
        Ok(Self(Arc::new(Parts { version, inner_pad: padded(0x36), outer_pad: padded(0x5c), mac })))
    }

    /// Returns the version.
    pub fn version(&self) -> u32 {
        self.0.version
    }

    pub(super) fn pads(&self) -> (&[u8; BLOCK], &[u8; BLOCK]) {
        (&self.0.inner_pad, &self.0.outer_pad)
    }

    /// Seals a tenant for one transaction: that of a backend process which began at a time, in
    /// microseconds since 1970. `current_tenant.sql` makes the same text.
    pub(crate) fn seal(&self, tenant: TenantId, pid: i32, began_at: i64) -> String {
        let mut mac = self.0.mac.clone();
        mac.update(format!("tenancy.seal.1|{tenant}|{pid}|{began_at}").as_bytes());
        let mut seal = format!("{}:", self.version());
        for byte in mac.finalize().into_bytes() {
            write!(seal, "{byte:02x}").expect("writing to a string does not fail");
        }
        seal
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("version", &self.version()).finish_non_exhaustive()
    }
}
