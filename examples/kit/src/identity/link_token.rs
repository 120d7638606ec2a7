use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tenancy_core::{Error, ErrorKind};

/// What a link in a mail proves its reader with: 256 random bits, shown once.
///
/// Only its hash is kept, so whoever reads the database cannot follow the link.
#[derive(Clone)]
pub struct LinkToken(String);

impl LinkToken {
    const LEN: usize = 43;

    /// Draws one that nobody else has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).map_err(|source| {
            Error::new(ErrorKind::Internal, "draw a link's token").with_source(source)
        })?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// Reads one; `None` for any other form.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() == Self::LEN && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// Returns the text, to be sent to one person.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns what is kept of it: its SHA-256.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.0.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_its_own_and_reads_back() {
        let (one, other) = (LinkToken::generate().unwrap(), LinkToken::generate().unwrap());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(LinkToken::parse(one.reveal()).unwrap().hash(), one.hash());
        assert!(!format!("{one:?}").contains(one.reveal()));
        assert!(LinkToken::parse("").is_none() && LinkToken::parse(&one.reveal()[1..]).is_none());
    }
}
