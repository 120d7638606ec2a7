use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tenancy_core::{Error, ErrorKind};

/// What signs the requests to one receiver: `whsec_` and 32 bytes in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

const PREFIX: &str = "whsec_";

impl SigningSecret {
    /// Makes one that nobody can guess.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        let mut secret = vec![0; 32];
        getrandom::fill(&mut secret).map_err(|source| {
            Error::new(ErrorKind::Internal, "make a secret").with_source(source)
        })?;
        Ok(Self(secret))
    }

    /// Reads one: 24 to 64 bytes in base64, with or without the prefix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for any other text, which the error does not repeat.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = BASE64_STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).ok();
        let bytes = bytes.filter(|bytes| (24..=64).contains(&bytes.len()));
        bytes.map(Self).ok_or_else(|| {
            Error::invalid(
                "secret",
                "read a secret: whsec_ and 24 to 64 bytes in base64 are expected",
            )
        })
    }

    /// Takes the bytes that [`as_bytes`](Self::as_bytes) returned.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, to seal them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the text, to show it once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }

    /// Signs a message: `v1,` and the signature in base64.
    fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length makes a key");
        let mac = mac.chain_update(format!("{id}.{seconds}.")).chain_update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Returns the value of `webhook-signature`: one signature for each secret.
pub fn signature(secrets: &[SigningSecret], id: &str, seconds: i64, body: &[u8]) -> String {
    let signed: Vec<_> = secrets.iter().map(|secret| secret.sign(id, seconds, body)).collect();
    signed.join(" ")
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of the specification's own example.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let signed = signature(std::slice::from_ref(&secret), id, 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let other = SigningSecret::generate().unwrap();
        let both = signature(&[other, secret], id, 1_614_265_330, body);
        assert!(both.ends_with(&format!(" {signed}")) && both.split(' ').count() == 2);
    }

    #[test]
    fn a_secret_is_shown_when_asked_only() {
        let secret = SigningSecret::generate().unwrap();
        assert_eq!(SigningSecret::parse(&secret.reveal()).unwrap(), secret);
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
        for bad in ["", "whsec_", "whsec_AAAA", "whsec_%", &format!("whsec_{}", "A".repeat(88))] {
            let error = SigningSecret::parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{bad}");
        }
    }
}
