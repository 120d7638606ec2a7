use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey};

use crate::Error;

/// A key that verifies tokens. Its algorithm is part of it and never taken from a token.
pub struct JwtKey {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl JwtKey {
    /// A shared secret for HS256, of at least 32 bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a shorter one.
    pub fn hs256(secret: &[u8]) -> Result<Self, Error> {
        if secret.len() < 32 {
            return Err(Error::invalid("secret", "read an HS256 secret: 32 bytes are the least"));
        }
        Ok(Self::new(Algorithm::HS256, DecodingKey::from_secret(secret)))
    }

    /// An RSA public key in PEM, for RS256.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it cannot be read.
    pub fn rs256_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Algorithm::RS256, DecodingKey::from_rsa_pem(pem).map_err(unreadable)?))
    }

    /// A P-256 public key in PEM, for ES256.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it cannot be read.
    pub fn es256_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Algorithm::ES256, DecodingKey::from_ec_pem(pem).map_err(unreadable)?))
    }

    /// An Ed25519 public key in PEM, for `EdDSA`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it cannot be read.
    pub fn ed25519_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Algorithm::EdDSA, DecodingKey::from_ed_pem(pem).map_err(unreadable)?))
    }

    /// Names the key, as `kid` in a token's header does.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Returns what `alg` must be in a token's header.
    pub(super) fn algorithm_name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::HS256 => "HS256",
            Algorithm::ES256 => "ES256",
            Algorithm::EdDSA => "EdDSA",
            _ => "RS256",
        }
    }

    fn new(algorithm: Algorithm, key: DecodingKey) -> Self {
        Self { id: None, algorithm, key }
    }
}

fn unreadable(source: jsonwebtoken::errors::Error) -> Error {
    Error::invalid("key", "read a public key").with_source(source)
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
