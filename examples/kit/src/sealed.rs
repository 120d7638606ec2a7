use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tenancy_core::{Error, ErrorKind, TenantId};

/// Keeps secrets of tenants unreadable at rest: AES-256-GCM with a key that is not in the database.
///
/// What is sealed for one tenant and one purpose opens for no other: whoever copies a row into
/// another tenant's data gains nothing. A nonce is drawn for each secret; a key is good for
/// some four thousand million secrets.
///
/// ```
/// use kit::Sealer;
/// use tenancy_core::TenantId;
///
/// let sealer = Sealer::generate()?;
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let sealed = sealer.seal(harbor, "connection/7", b"sk_secret")?;
/// assert_eq!(sealer.open(harbor, "connection/7", &sealed)?, b"sk_secret");
/// assert!(sealer.open(summit, "connection/7", &sealed).is_err());
/// assert!(sealer.open(harbor, "connection/8", &sealed).is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
pub struct Sealer(LessSafeKey);

/// The first byte of what is sealed, so that another way can follow.
const VERSION: u8 = 1;
const KEY_LEN: usize = 32;

impl Sealer {
    /// Takes a key: 32 bytes in base64.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when it is not that.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fault = || {
            Error::new(
                ErrorKind::Misconfigured,
                "read a key for secrets: 32 bytes in base64 are expected",
            )
        };
        let bytes =
            BASE64_STANDARD.decode(text.trim()).map_err(|source| fault().with_source(source))?;
        if bytes.len() != KEY_LEN {
            return Err(fault());
        }
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| fault())?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Draws a key that nobody else has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        Self::parse(&drawn()?)
    }

    /// Takes the key of a file, and makes the file if it is not there: for its owner alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when the file cannot be read, made, or holds no key.
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        let fault = |source: io::Error| {
            let message = format!("open the key for secrets {}", path.display());
            Error::new(ErrorKind::Misconfigured, message).with_source(source)
        };
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match write_new(path, &drawn()?) {
                    Ok(()) => {}
                    // Another process was faster: its key is the one.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(fault(error)),
                }
                Self::parse(&fs::read_to_string(path).map_err(fault)?)
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Seals a secret of a tenant for a purpose.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub fn seal(&self, tenant: TenantId, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let fault = || Error::new(ErrorKind::Internal, "seal a secret");
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| fault())?;
        let mut sealed = secret.to_vec();
        let with = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(with, aad(tenant, purpose), &mut sealed)
            .map_err(|_| fault())?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this tenant and purpose.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when it was sealed for another one, with another key, or altered.
    pub fn open(&self, tenant: TenantId, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let fault = || {
            Error::new(
                ErrorKind::Internal,
                "open a sealed secret: it is not of this key, tenant and purpose",
            )
        };
        let (version, rest) = sealed.split_first().ok_or_else(fault)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(fault)?;
        if *version != VERSION {
            return Err(fault());
        }
        let mut text = rest.to_vec();
        let with = Nonce::assume_unique_for_key(*nonce);
        let opened =
            self.0.open_in_place(with, aad(tenant, purpose), &mut text).map_err(|_| fault())?;
        Ok(opened.to_vec())
    }
}

/// Never shows the key.
impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

fn aad(tenant: TenantId, purpose: &str) -> Aad<Vec<u8>> {
    Aad::from([tenant.to_string().as_bytes(), b"/", purpose.as_bytes()].concat())
}

fn drawn() -> Result<String, Error> {
    let mut key = [0; KEY_LEN];
    getrandom::fill(&mut key)
        .map_err(|_| Error::new(ErrorKind::Internal, "draw a key for secrets"))?;
    Ok(BASE64_STANDARD.encode(key))
}

/// Writes a file at once or not at all: a reader never sees a part of the key.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_opens_but_what_was_sealed_for_it() {
        let (ours, other) = (Sealer::generate().unwrap(), Sealer::generate().unwrap());
        let (harbor, summit) = (TenantId::generate(), TenantId::generate());
        let sealed = ours.seal(harbor, "a", b"secret").unwrap();
        assert_eq!(ours.open(harbor, "a", &sealed).unwrap(), b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_ne!(sealed, ours.seal(harbor, "a", b"secret").unwrap(), "a nonce is used once");
        assert!(ours.open(summit, "a", &sealed).is_err());
        assert!(ours.open(harbor, "b", &sealed).is_err());
        assert!(other.open(harbor, "a", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(ours.open(harbor, "a", &altered).is_err(), "byte {at}");
            assert!(ours.open(harbor, "a", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_file_keeps_its_key() {
        let folder = std::env::temp_dir().join(format!("kit-sealed-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("secrets.key");
        let (harbor, summit) = (TenantId::generate(), TenantId::generate());
        let sealed = Sealer::of_file(&path).unwrap().seal(harbor, "a", b"secret").unwrap();
        let again = Sealer::of_file(&path).unwrap();
        assert_eq!(again.open(harbor, "a", &sealed).unwrap(), b"secret");
        assert!(again.open(summit, "a", &sealed).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "short").unwrap();
        assert!(Sealer::of_file(&path).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = drawn().unwrap();
        let shown = format!("{:?}", Sealer::parse(&key).unwrap());
        assert_eq!(shown, "Sealer { .. }");
        assert!(Sealer::parse(&key[..20]).is_err() && Sealer::parse("").is_err());
    }
}
