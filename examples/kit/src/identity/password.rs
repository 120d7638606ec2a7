use std::fmt;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use tenancy_core::{Error, ErrorKind};
use tokio::sync::Semaphore;

/// A password in the clear, as somebody typed it. It shows nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes one to be set: 12 to 128 characters (NIST SP 800-63B asks for length, and for
    /// nothing else).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when it is too short or too long.
    pub fn new(text: String) -> Result<Self, Error> {
        match text.chars().count() {
            12..=128 => Ok(Self(text)),
            _ => {
                Err(Error::invalid("password", "set a password: 12 to 128 characters are expected"))
            }
        }
    }

    /// Takes one to be compared, whatever its form. What is longer than any password is cut, so
    /// that hashing it takes no longer.
    pub fn typed(mut text: String) -> Self {
        if let Some((end, _)) = text.char_indices().nth(129) {
            text.truncate(end);
        }
        Self(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is kept of a password: Argon2id, with its own salt and its costs (PHC string format).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes what was stored.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Hashes passwords and compares them, a few at a time: each takes 19 MiB and some time, and
/// callers without any credential ask for it.
#[derive(Debug, Clone)]
pub struct PasswordHasher(Arc<Semaphore>);

/// 19 MiB in KiB, with two passes and one lane: OWASP's first choice for Argon2id.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
const HASH: usize = 32;

/// Is compared with where there is no account, so that the answer takes as long. No password
/// has this hash: it is not one of Argon2's.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl PasswordHasher {
    /// Works on at most `at_once` passwords at a time; others wait.
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once)))
    }

    /// Hashes a password with a salt of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        self.work(move || {
            let mut salt = [0_u8; SALT];
            getrandom::fill(&mut salt).map_err(|source| failed().with_source(source))?;
            let hash = argon2id(&password, &salt, (MEMORY, PASSES, LANES))?;
            let (salt, hash) =
                (BASE64_STANDARD_NO_PAD.encode(salt), BASE64_STANDARD_NO_PAD.encode(hash));
            let costs = format!("m={MEMORY},t={PASSES},p={LANES}");
            Ok(PasswordHash(format!("$argon2id$v=19${costs}${salt}${hash}")))
        })
        .await
    }

    /// Tells whether a password is the one of a hash. `None`, for an account that is not there,
    /// takes as long and is never right.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] for a hash that nobody here made.
    pub async fn is_right(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<bool, Error> {
        self.work(move || {
            let is_there = hash.is_some();
            let hash = hash.map_or(NOBODY.to_owned(), |hash| hash.0);
            let (costs, salt, expected) = parts(&hash).ok_or_else(failed)?;
            let found = argon2id(&password, &salt, costs)?;
            Ok(verify_slices_are_equal(&found, &expected).is_ok() && is_there)
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.0.clone().acquire_owned().await;
        let turn = turn.map_err(|source| failed().with_source(source))?;
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|source| failed().with_source(source))?
    }
}

type Costs = (u32, u32, u32);

fn argon2id(password: &Password, salt: &[u8], costs: Costs) -> Result<[u8; HASH], Error> {
    let (memory, passes, lanes) = costs;
    let params = Params::new(memory, passes, lanes, Some(HASH));
    let params = params.map_err(|source| failed().with_source(source.to_string()))?;
    let mut hash = [0_u8; HASH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.0.as_bytes(), salt, &mut hash)
        .map_err(|source| failed().with_source(source.to_string()))?;
    Ok(hash)
}

/// Reads `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
fn parts(text: &str) -> Option<(Costs, Vec<u8>, Vec<u8>)> {
    let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut costs = parts.next()?.split(',');
    let mut cost = |name| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
    let costs = (cost("m=")?, cost("t=")?, cost("p=")?);
    let salt = BASE64_STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    let hash = BASE64_STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    (hash.len() == HASH && parts.next().is_none()).then_some((costs, salt, hash))
}

fn failed() -> Error {
    Error::new(ErrorKind::Internal, "hash a password")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn typed(text: &str) -> Password {
        Password::typed(text.to_owned())
    }

    #[tokio::test]
    async fn one_password_is_right_and_no_other() {
        let hasher = PasswordHasher::new(2);
        let set = Password::new("correct horse battery".to_owned()).unwrap();
        let hash = hasher.hash(set.clone()).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hasher.hash(set.clone()).await.unwrap(), hash, "each has its own salt");
        assert!(hasher.is_right(set, Some(hash.clone())).await.unwrap());
        for wrong in ["", "correct horse batter", "correct horse battery "] {
            assert!(!hasher.is_right(typed(wrong), Some(hash.clone())).await.unwrap());
        }
        assert!(!hasher.is_right(typed("correct horse battery"), None).await.unwrap());
        let broken = PasswordHash::from_stored("$argon2id$v=19$m=1");
        assert!(hasher.is_right(typed("x"), Some(broken)).await.is_err());
    }

    /// RFC 9106 has its vector with a secret and associated data; this one is of the reference
    /// program: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32`.
    #[test]
    fn the_hash_is_argon2id() {
        let hash = argon2id(&typed("password"), b"somesalt", (65_536, 2, 1)).unwrap();
        let hex = hash.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("text takes text");
            hex
        });
        assert_eq!(hex, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn length_is_all_that_is_asked_for() {
        for bad in ["", "elevenchars", &"x".repeat(129)] {
            assert!(Password::new(bad.to_owned()).is_err());
        }
        assert!(Password::new("zwölf Zeichen".to_owned()).is_ok());
        assert_eq!(typed(&"x".repeat(100_000)).0.len(), 129);
        assert_eq!(format!("{:?}", typed("secret")), "Password(…)");
    }
}
