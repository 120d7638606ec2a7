use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::de::DeserializeSeed as _;

use super::KeySet;
use super::claims::{Claims, Header, Reading};
use super::key_set::Keys;
use super::verified::{Verified, VerifiedTokens};
use crate::resolve::bearer::Bearer;
use crate::resolve::{Claimed, TenantClaim, TenantResolver};
use crate::{Actor, ActorKind, Clock, ResolvedVia, SystemClock, TenantKey, Trust};

/// A longer token is refused unread, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// Reads `Authorization: Bearer <JWT>`.
///
/// A token must be signed by one of the keys with that key's algorithm, and carry the issuer,
/// the audience, `exp`, `nbf`, `sub` and the tenant's id or slug in the tenant claim. `iat` is
/// kept when it is there. A token that misses any of it, is longer than 8 KiB, asks for critical
/// extensions or says something twice is refused.
///
/// The actor is `sub`, narrowed to the scopes in `scope` or `scp` (RFC 8693, 4.2; RFC 9068,
/// 2.2.3) if there are any. With `act` (RFC 8693, 4.1) the actor is `act.sub`, on behalf of `sub`.
///
/// A good token is remembered: its signature is not checked again while the keys stay.
#[derive(Debug)]
pub struct JwtResolver {
    keys: KeySet,
    issuer: String,
    audience: String,
    tenant_claim: String,
    token_type: Option<String>,
    reads_scopes: bool,
    needs_nbf: bool,
    leeway: i64,
    clock: Arc<dyn Clock>,
    verified: VerifiedTokens,
}

/// Why a token is not believed.
enum Refusal {
    /// Its key may be known soon.
    NotReady,
    Invalid(&'static str),
}

impl From<&'static str> for Refusal {
    fn from(reason: &'static str) -> Self {
        Self::Invalid(reason)
    }
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
        keys: impl Into<KeySet>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        // Without a backend this panics here, at start, and not in the first request.
        let probe = DecodingKey::from_secret(b"probe");
        let _ = crypto::verify("", b"", &probe, Algorithm::HS256);
        Self {
            keys: keys.into(),
            issuer: issuer.into(),
            audience: audience.into(),
            tenant_claim: "tenant_id".to_owned(),
            token_type: None,
            reads_scopes: true,
            needs_nbf: true,
            leeway: 30,
            clock: Arc::new(SystemClock),
            verified: VerifiedTokens::new(),
        }
    }

    /// Sets the name of the claim that names the tenant.
    pub fn tenant_claim(mut self, name: impl Into<String>) -> Self {
        self.tenant_claim = name.into();
        self
    }

    /// Requires a `typ` in the header, such as `at+jwt` (RFC 9068). Case does not matter.
    pub fn token_type(mut self, token_type: impl Into<String>) -> Self {
        self.token_type = Some(token_type.into());
        self
    }

    /// Lets the actor use any scope, whatever `scope` and `scp` say: for tokens whose scopes
    /// are about something else, such as `openid profile`.
    pub fn ignore_scopes(mut self) -> Self {
        self.reads_scopes = false;
        self
    }

    /// Believes tokens without `nbf` too: for issuers that do not say from when a token is good.
    /// One that is there is kept all the same.
    pub fn optional_nbf(mut self) -> Self {
        self.needs_nbf = false;
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

    /// Returns `None` for a bearer that is no token: it has no dot.
    fn read(&self, token: &[u8]) -> Option<Result<TenantClaim, Refusal>> {
        let known = if token.len() > MAX_TOKEN { None } else { self.verified.get(token) };
        (known.is_some() || token.contains(&b'.')).then(|| self.believe_bearer(token, known))
    }

    fn believe_bearer(
        &self,
        token: &[u8],
        known: Option<Arc<Verified>>,
    ) -> Result<TenantClaim, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err("the token is too long".into());
        }
        let now = self.clock.now_micros();
        let generation = self.keys.0.generation(now).ok_or(Refusal::NotReady)?;
        if let Some(known) = known {
            if known.generation == generation {
                return self.in_time(&known, now).map(|()| known.claim.clone()).map_err(|reason| {
                    self.verified.remove(token);
                    reason.into()
                });
            }
            self.verified.remove(token);
        }
        let verified = self.verify(str::from_utf8(token).map_err(|_| "the token is no text")?)?;
        self.in_time(&verified, now)?;
        let claim = verified.claim.clone();
        self.verified.insert(token, Arc::new(verified));
        Ok(claim)
    }

    fn verify(&self, token: &str) -> Result<Verified, Refusal> {
        let (message, signature) = token.rsplit_once('.').ok_or("the token has one part")?;
        let (header, claims) = message.split_once('.').ok_or("the token has two parts")?;
        let header = decode(header)?;
        let header: Header<'_> =
            serde_json::from_slice(&header).map_err(|_| "the token's header is malformed")?;
        let keys = self.keys.0.keys();
        self.verify_signature(&header, message, signature, &keys)?;

        let claims = decode(claims)?;
        let mut reader = serde_json::Deserializer::from_slice(&claims);
        let claims = Reading { tenant_claim: &self.tenant_claim }
            .deserialize(&mut reader)
            .and_then(|claims| reader.end().map(|()| claims))
            .map_err(|_| "the token's claims are malformed")?;
        Ok(self.believe(&claims, keys.generation)?)
    }

    fn verify_signature(
        &self,
        header: &Header<'_>,
        message: &str,
        signature: &str,
        keys: &Keys,
    ) -> Result<(), Refusal> {
        // RFC 7515, 4.1.11: what a token calls critical must be understood, and we know none of it.
        if header.crit.is_some() || header.b64.is_some() {
            return Err("the token asks for extensions that are not known".into());
        }
        if !self.is_of_type(header.typ.as_deref()) {
            return Err("the token is of another type".into());
        }
        let Some(key) = keys.find(header.kid.as_deref()) else {
            let may_learn = header.kid.is_some() && self.keys.may_learn();
            let unknown = Refusal::Invalid("the token names no known key");
            return Err(if may_learn { Refusal::NotReady } else { unknown });
        };
        let is_signed = header.alg == key.algorithm_name()
            && crypto::verify(signature, message.as_bytes(), &key.key, key.algorithm)
                .unwrap_or(false);
        is_signed.then_some(()).ok_or("the token's signature or algorithm is wrong".into())
    }

    /// RFC 7515, 4.1.9: `application/` may be left out.
    fn is_of_type(&self, typ: Option<&str>) -> bool {
        let Some(wanted) = &self.token_type else { return true };
        let short = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.strip_prefix("application/").map(str::to_owned).unwrap_or(name)
        };
        typ.is_some_and(|typ| short(typ) == short(wanted))
    }

    fn in_time(&self, token: &Verified, now_micros: i64) -> Result<(), &'static str> {
        #[expect(clippy::cast_precision_loss, reason = "exact up to the year 285,000,000")]
        let (now, leeway) = (now_micros.div_euclid(1_000_000) as f64, self.leeway as f64);
        if token.expires + leeway <= now {
            return Err("the token has expired");
        }
        if token.not_before - leeway > now {
            return Err("the token is not valid yet");
        }
        Ok(())
    }

    fn believe(&self, claims: &Claims, generation: u64) -> Result<Verified, &'static str> {
        if claims.iss.as_deref() != Some(&self.issuer) {
            return Err("the token is of another issuer");
        }
        if !claims.aud.as_ref().is_some_and(|aud| aud.contains(&self.audience)) {
            return Err("the token is for another audience");
        }
        let expires = claims.exp.ok_or("the token never expires")?;
        if self.needs_nbf && claims.nbf.is_none() {
            return Err("the token has no nbf, which this resolver requires");
        }
        let since = [claims.nbf, claims.iat].into_iter().flatten();
        let not_before = since.fold(f64::NEG_INFINITY, f64::max);
        let tenant = claims.tenant.as_deref().ok_or("the token names no tenant")?;
        let claim = TenantKey::parse(tenant).map_or_else(
            |_| TenantClaim::nobody(Trust::Credential),
            |key| TenantClaim::new(key, Trust::Credential),
        );
        let claim = claim.with_actor(self.actor(claims)?);
        Ok(Verified { generation, not_before, expires, claim })
    }

    fn actor(&self, claims: &Claims) -> Result<Actor, &'static str> {
        let user = |id: Option<&str>| {
            let id = id.filter(|id| !id.is_empty()).ok_or("the token names nobody")?;
            Ok::<_, &'static str>(Actor::new(ActorKind::User, id))
        };
        let subject = user(claims.sub.as_deref())?;
        let actor = match &claims.act {
            None => subject,
            // Another issuer's subject of that name is somebody else.
            Some(act) if act.iss.as_ref().is_some_and(|iss| *iss != self.issuer) => {
                return Err("the token's actor is of another issuer");
            }
            Some(act) => user(Some(&act.sub))?.on_behalf_of(subject),
        };
        Ok(match scopes(claims).filter(|_| self.reads_scopes) {
            Some(scopes) => actor.with_scopes(scopes),
            None => actor,
        })
    }
}

/// Returns what the token is good for. Where it says so twice, both must allow it.
fn scopes(claims: &Claims) -> Option<BTreeSet<&str>> {
    let scope = claims.scope.as_ref().map(|scope| scope.words().collect::<BTreeSet<_>>());
    let scp = claims.scp.as_ref().map(|scp| scp.words().collect::<BTreeSet<_>>());
    match (scope, scp) {
        (Some(scope), Some(scp)) => Some(&scope & &scp),
        (scope, scp) => scope.or(scp),
    }
}

fn decode(part: &str) -> Result<Vec<u8>, &'static str> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| "the token is not base64url")
}

#[async_trait]
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
            Bearer::Token(token) => match self.read(token) {
                None => Claimed::Absent,
                Some(Ok(claim)) => Claimed::Claim(claim),
                Some(Err(Refusal::NotReady)) => Claimed::NotReady,
                Some(Err(Refusal::Invalid(reason))) => Claimed::bad_credential(reason),
            },
        }
    }

    async fn make_ready(&self) {
        self.keys.make_ready().await;
    }
}
