//! From a JWKS document (RFC 7517, RFC 7518, RFC 8037) to keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::JwtKey;
use crate::{Error, ErrorKind};

/// A longer document is no key set: 512 KiB.
pub(super) const MAX_DOCUMENT: usize = 512 * 1024;

/// A larger set has no use, and every token would pay for it.
const MAX_KEYS: usize = 256;

/// Reads the keys that verify signatures. What is for another use, or not known, is left out;
/// a secret is never read from a public document.
pub(super) fn parse(document: &[u8]) -> Result<Vec<JwtKey>, Error> {
    if document.len() > MAX_DOCUMENT {
        return Err(unusable("read a key set: it is larger than 512 KiB"));
    }
    let set: Document = serde_json::from_slice(document)
        .map_err(|source| unusable("read a key set").with_source(source))?;
    if set.keys.len() > MAX_KEYS {
        return Err(unusable("read a key set: it has more than 256 keys"));
    }
    let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(keys.filter_map(|key| key.to_key()).collect())
}

fn unusable(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// The private part: whoever publishes it has lost the key.
    d: Option<Value>,
}

impl Jwk {
    fn to_key(&self) -> Option<JwtKey> {
        let is_for_signatures = self.r#use.as_deref().is_none_or(|r#use| r#use == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !is_for_signatures || self.d.is_some() {
            return None;
        }
        let (algorithm, name, key) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (Algorithm::RS256, "RS256", self.rsa()?),
            ("EC", Some("P-256")) => (Algorithm::ES256, "ES256", self.p256()?),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, "EdDSA", self.ed25519()?),
            _ => return None,
        };
        if self.alg.as_deref().is_some_and(|alg| alg != name) {
            return None;
        }
        Some(JwtKey { id: self.kid.clone(), algorithm, key })
    }

    /// 2048 bits are the least (RFC 7518, 3.3), 8192 the most that backends verify.
    fn rsa(&self) -> Option<DecodingKey> {
        let (n, e) = (bytes(self.n.as_ref()?)?, bytes(self.e.as_ref()?)?);
        let (n, e) = (without_zeros(&n), without_zeros(&e));
        let bits = n.len() * 8 - n.first()?.leading_zeros() as usize;
        let is_sound = (2048..=8192).contains(&bits)
            && e.len() <= 4
            && e.last().is_some_and(|last| last % 2 == 1)
            && e != [1];
        is_sound.then(|| DecodingKey::from_rsa_raw_components(n, e))
    }

    fn p256(&self) -> Option<DecodingKey> {
        let (x, y) = (self.x.as_ref()?, self.y.as_ref()?);
        let is_whole = bytes(x)?.len() == 32 && bytes(y)?.len() == 32;
        DecodingKey::from_ec_components(x, y).ok().filter(|_| is_whole)
    }

    fn ed25519(&self) -> Option<DecodingKey> {
        let x = self.x.as_ref()?;
        let is_whole = bytes(x)?.len() == 32;
        DecodingKey::from_ed_components(x).ok().filter(|_| is_whole)
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
