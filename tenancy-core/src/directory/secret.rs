//! Secrets that a directory knows by their hash: API keys and session cookies.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Error, ErrorKind};

/// `prefix_secret`: 1 to 32 of `a-z`, `0-9` and `_`, then at least 32 letters and digits.
#[derive(Clone)]
struct Secret {
    text: String,
    prefix: usize,
}

impl Secret {
    /// The least length of the part behind the prefix.
    const LEAST: usize = 32;

    fn generate(prefix: &str) -> Result<Self, Error> {
        let mut random = [0_u8; 20];
        getrandom::fill(&mut random).map_err(|source| {
            Error::new(ErrorKind::Internal, "make a secret: no random bytes").with_source(source)
        })?;
        let text = format!("{prefix}_{}", hex(&random));
        Self::parse(&text).ok_or_else(|| {
            Error::invalid("prefix", "make a secret: the prefix is 1 to 32 of a-z, 0-9 and _")
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.rsplit_once('_')?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let good = (1..=32).contains(&prefix.len())
            && prefix.bytes().all(plain)
            && (Self::LEAST..=128).contains(&secret.len())
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        good.then(|| Self { prefix: prefix.len(), text: text.to_owned() })
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }

    fn prefix(&self) -> &str {
        &self.text[..self.prefix]
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

impl Eq for Secret {}

/// Gives a kind of secret and its hash their public types.
macro_rules! secret {
    ($(#[$about:meta])* $name:ident, $hash:ident, $malformed:literal) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Secret);

        impl $name {
            /// Makes one with 160 random bits behind the prefix.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Invalid`] for a prefix that is not 1 to 32 of `a-z`, `0-9` and `_`;
            /// [`ErrorKind::Internal`] when the system gives no random bytes.
            pub fn generate(prefix: &str) -> Result<Self, Error> {
                Secret::generate(prefix).map(Self)
            }

            /// Reads one. The part behind the last `_` is the secret: at least 32 letters and
            /// digits.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::CredentialInvalid`] for any other form. The text is not repeated.
            pub fn parse(text: &str) -> Result<Self, Error> {
                let secret = Secret::parse(text);
                secret.map(Self).ok_or_else(|| Error::new(ErrorKind::CredentialInvalid, $malformed))
            }

            /// Returns the whole of it, to be given to its owner.
            pub fn reveal(&self) -> &str {
                &self.0.text
            }

            /// Returns the part that is not secret.
            pub fn prefix(&self) -> &str {
                self.0.prefix()
            }

            /// Returns what is kept of it.
            pub fn hash(&self) -> $hash {
                $hash(self.0.hash())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}_…)"), self.prefix())
            }
        }

        #[doc = concat!("The SHA-256 of [`", stringify!($name), "`], which is all a directory keeps.")]
        #[doc = ""]
        #[doc = "A fast hash is enough: the secret has 160 random bits, so nobody guesses it from \
                 its hash. Comparing two takes the same time wherever they differ."]
        #[derive(Clone, Copy)]
        pub struct $hash([u8; 32]);

        impl $hash {
            /// Takes a stored hash.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes to store.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl PartialEq for $hash {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $hash {}

        impl std::hash::Hash for $hash {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }

        impl fmt::Debug for $hash {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($hash), "(…)"))
            }
        }
    };
}

secret! {
    /// An API key in the clear: `prefix_secret`.
    ///
    /// It is shown once, when it is made. Only its [`ApiKeyHash`] is kept. `Debug` shows the
    /// prefix alone.
    ///
    /// ```
    /// use tenancy_core::ApiKeySecret;
    ///
    /// let key = ApiKeySecret::generate("bank_live")?;
    /// assert_eq!(ApiKeySecret::parse(key.reveal())?.hash(), key.hash());
    /// assert_eq!(format!("{key:?}"), "ApiKeySecret(bank_live_…)");
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    ApiKeySecret, ApiKeyHash, "the API key is malformed"
}

secret! {
    /// The value of a session cookie, in the clear: `prefix_secret`.
    ///
    /// It is set once, at sign-in. Only its [`SessionHash`] is kept. `Debug` shows the prefix
    /// alone.
    ///
    /// ```
    /// use tenancy_core::SessionSecret;
    ///
    /// let session = SessionSecret::generate("ses")?;
    /// assert_eq!(SessionSecret::parse(session.reveal())?.hash(), session.hash());
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    SessionSecret, SessionHash, "the session cookie is malformed"
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
