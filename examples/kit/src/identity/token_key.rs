use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tenancy_core::{Error, ErrorKind};

/// A key that signs access tokens: Ed25519, `EdDSA` in tokens (RFC 8037).
///
/// ```
/// use kit::identity::TokenKey;
/// use serde_json::json;
///
/// let (key, secret) = TokenKey::generate()?;
/// let token = key.sign(&json!({ "sub": "usr_1", "tenant_id": "harbor" }));
/// assert_eq!(token.split('.').count(), 3);
/// assert_eq!(TokenKey::from_pkcs8(&secret)?.sign(&json!({ "sub": "usr_1", "tenant_id": "harbor" })), token);
/// assert_eq!(key.jwk()["kid"], key.id());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
pub struct TokenKey {
    id: String,
    pair: Ed25519KeyPair,
}

/// What stands before the 32 bytes of a public key in its certificate form (RFC 8410, 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl TokenKey {
    /// Draws a key. Returns it with what is to be kept of it, sealed: its PKCS #8 form.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub fn generate() -> Result<(Self, Vec<u8>), Error> {
        let secret = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| Error::new(ErrorKind::Internal, "draw a key for tokens"))?;
        let secret = secret.as_ref().to_vec();
        Ok((Self::from_pkcs8(&secret)?, secret))
    }

    /// Reads a key that was kept.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when it is none.
    pub fn from_pkcs8(secret: &[u8]) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::from_pkcs8(secret)
            .map_err(|_| Error::new(ErrorKind::Internal, "read a key for tokens"))?;
        // RFC 7638: the members that are required, in their order, without spaces.
        let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let id = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()));
        Ok(Self { id, pair })
    }

    /// Returns its name, `kid` in tokens: its thumbprint (RFC 7638).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns its public half for a published key set (RFC 7517).
    pub fn jwk(&self) -> Value {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.pair.public_key());
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "alg": "EdDSA", "use": "sig" })
    }

    /// Returns its public half in PEM.
    pub fn public_pem(&self) -> String {
        let der = [&SPKI[..], self.pair.public_key().as_ref()].concat();
        let text = BASE64_STANDARD.encode(der);
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }

    /// Signs claims as an access token (RFC 9068: `typ` is `at+jwt`).
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.id });
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Never shows the secret.
impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A: its key, thumbprint and public half.
    #[test]
    fn it_is_the_key_of_the_standard() {
        let d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
        let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let secret = [&prefix[..], &BASE64_URL_SAFE_NO_PAD.decode(d).unwrap()].concat();
        let key = TokenKey::from_pkcs8(&secret).unwrap();
        assert_eq!(key.jwk()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert!(key.public_pem().contains("MCowBQYDK2VwAyEA11qYAYKxCrfVS"));
        assert!(!format!("{key:?}").contains("nWGxne"));
        assert!(TokenKey::from_pkcs8(&secret[1..]).is_err());
    }
}
