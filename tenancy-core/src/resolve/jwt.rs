use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::bearer::Bearer;
use super::{Claimed, TenantClaim, TenantResolver};
use crate::{
    Actor, ActorKind, Clock, Error, ErrorKind, ResolvedVia, SystemClock, TenantKey, Trust,
};

/// A key that verifies tokens. Its algorithm is part of it and never taken from a token.
pub struct JwtKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtKey {
    /// A shared secret for HS256, of at least 32 bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a shorter one.
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
    /// [`ErrorKind::Invalid`] when it cannot be read.
    pub fn rs256_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Algorithm::RS256, DecodingKey::from_rsa_pem(pem).map_err(unreadable)?))
    }

    /// A P-256 public key in PEM, for ES256.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when it cannot be read.
    pub fn es256_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Algorithm::ES256, DecodingKey::from_ec_pem(pem).map_err(unreadable)?))
    }

    /// An Ed25519 public key in PEM, for `EdDSA`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when it cannot be read.
    pub fn ed25519_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Algorithm::EdDSA, DecodingKey::from_ed_pem(pem).map_err(unreadable)?))
    }

    /// Names the key, as `kid` in a token's header does.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
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

/// Reads `Authorization: Bearer <JWT>`.
///
/// A token must be signed by one of the keys with that key's algorithm, and carry the issuer,
/// the audience, `exp`, `sub` and the tenant's id or slug in the tenant claim. `nbf` is kept
/// when it is there. A token that misses any of it is refused.
#[derive(Debug)]
pub struct JwtResolver {
    keys: Vec<JwtKey>,
    issuer: String,
    audience: String,
    tenant_claim: String,
    leeway: i64,
    clock: Arc<dyn Clock>,
}

impl JwtResolver {
    /// Believes tokens of `issuer` for `audience`, signed by one of `keys`.
    ///
    /// The tenant claim is `tenant_id`; clocks may differ by 30 seconds.
    ///
    /// # Panics
    ///
    /// When the program has chosen no crypto backend for `jsonwebtoken`: add that crate with
    /// its feature `aws_lc_rs` or `rust_crypto`.
    pub fn new(
        keys: impl IntoIterator<Item = JwtKey>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        // Without a backend this panics here, at start, and not in the first request.
        let probe = DecodingKey::from_secret(b"probe");
        let _ = jsonwebtoken::crypto::verify("", b"", &probe, Algorithm::HS256);
        Self {
            keys: keys.into_iter().collect(),
            issuer: issuer.into(),
            audience: audience.into(),
            tenant_claim: "tenant_id".to_owned(),
            leeway: 30,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the name of the claim that names the tenant.
    pub fn tenant_claim(mut self, name: impl Into<String>) -> Self {
        self.tenant_claim = name.into();
        self
    }

    /// Sets how many seconds clocks may differ.
    pub fn leeway(mut self, seconds: u16) -> Self {
        self.leeway = i64::from(seconds);
        self
    }

    /// Takes time from another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn verify(&self, token: &str) -> Result<TenantClaim, &'static str> {
        let header = decode_header(token).map_err(|_| "the token's header is malformed")?;
        // RFC 7515, 4.1.11: what a token calls critical must be understood, and we know none of it.
        if header.crit.is_some() {
            return Err("the token asks for extensions that are not known");
        }
        let key = self.key(header.kid.as_deref()).ok_or("the token names no known key")?;
        let mut validation = Validation::new(key.algorithm);
        // What the claims must say is checked below, on our clock.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = decode::<Claims>(token, &key.key, &validation)
            .map_err(|_| "the token's signature or algorithm is wrong")?
            .claims;
        self.check(claims)
    }

    fn key(&self, id: Option<&str>) -> Option<&JwtKey> {
        match (id, self.keys.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), keys) => keys
                .iter()
                .find(|key| key.id.as_deref() == Some(id))
                .or_else(|| keys.first().filter(|key| keys.len() == 1 && key.id.is_none())),
        }
    }

    fn check(&self, claims: Claims) -> Result<TenantClaim, &'static str> {
        #[expect(clippy::cast_precision_loss, reason = "exact up to the year 285,000")]
        let now = self.clock.now().unix_timestamp() as f64;
        #[expect(clippy::cast_precision_loss, reason = "at most 65,535")]
        let leeway = self.leeway as f64;
        if claims.exp + leeway <= now {
            return Err("the token has expired");
        }
        if claims.nbf.is_some_and(|nbf| nbf - leeway > now) {
            return Err("the token is not valid yet");
        }
        if claims.iss != self.issuer {
            return Err("the token is of another issuer");
        }
        if !claims.aud.contains(&self.audience) {
            return Err("the token is for another audience");
        }
        if claims.sub.is_empty() {
            return Err("the token names nobody");
        }
        let tenant = match self.tenant_claim.as_str() {
            "sub" => Some(claims.sub.as_str()),
            "iss" => Some(claims.iss.as_str()),
            other => claims.rest.get(other).and_then(serde_json::Value::as_str),
        };
        let tenant = TenantKey::parse(tenant.ok_or("the token names no tenant")?);
        let actor = Actor::new(ActorKind::User, claims.sub);
        let claim = tenant.map_or_else(
            |_| TenantClaim::nobody(Trust::Credential),
            |key| TenantClaim::new(key, Trust::Credential),
        );
        Ok(claim.with_actor(actor))
    }
}

impl TenantResolver for JwtResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Jwt
    }

    fn reads_bearer(&self) -> bool {
        true
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        match Bearer::of(parts) {
            Bearer::Absent => Claimed::Absent,
            Bearer::Malformed => Claimed::bad_credential("the bearer is malformed"),
            Bearer::Token(token) if !token.contains('.') => Claimed::Absent,
            Bearer::Token(token) => match self.verify(token) {
                Ok(claim) => Claimed::Claim(claim),
                Err(reason) => Claimed::Invalid(Error::new(ErrorKind::CredentialInvalid, reason)),
            },
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    exp: f64,
    nbf: Option<f64>,
    iss: String,
    aud: Audience,
    sub: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}
