use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use kit::Sealer;
use kit::identity::TokenKey;
use serde_json::Value;
use tenancy_core::resolve::{JwtKey, KeySet};
use tenancy_core::{Clock, Error, ErrorKind};
use tenancy_sqlx::TenantDb;
use time::{Duration, OffsetDateTime};

use super::SigningKey;
use super::issue::ACCESS;

/// The keys that sign tokens and verify them, the same on every node.
///
/// A new key is published for a minute before it signs, so that all nodes know it by then. The one
/// before it verifies for as long as its last token is good.
#[derive(Clone)]
pub(crate) struct KeyRing {
    db: TenantDb,
    sealer: Arc<Sealer>,
    clock: Arc<dyn Clock>,
    verifying: KeySet,
    known: Arc<RwLock<Vec<Known>>>,
}

/// A key, and when it signs.
#[derive(Clone)]
struct Known {
    id: String,
    /// `None` where it was sealed with another `--secrets-key`: it neither signs nor verifies here.
    key: Option<Arc<TokenKey>>,
    signs_from: OffsetDateTime,
    /// When the next one signs.
    signs_until: Option<OffsetDateTime>,
}

/// What a key is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Published,
    Signing,
    Verifying,
    Retired,
}

/// How long a key is published before it signs.
const PUBLISHED: Duration = Duration::minutes(1);
/// Clocks of nodes differ.
const LEEWAY: Duration = Duration::minutes(1);

impl KeyRing {
    /// Reads the keys, and makes the first one if there is none.
    ///
    /// Those that do not open are logged and left alone. They may be good on other nodes, so that
    /// none is made in their place: `payments keys rotate` does that.
    pub(crate) async fn open(
        db: TenantDb,
        sealer: Arc<Sealer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        if SigningKey::all(&db).await?.is_empty() {
            SigningKey::make(&db, &sealer, clock.now()).await?;
        }
        let (verifying, known) = (KeySet::from(Vec::<JwtKey>::new()), Arc::default());
        let ring = Self { db, sealer, clock, verifying, known };
        ring.reload().await?;
        Ok(ring)
    }

    /// Returns what verifies tokens.
    pub(crate) fn verifying(&self) -> KeySet {
        self.verifying.clone()
    }

    /// Reads what other processes have made, again and again.
    pub(crate) async fn follow(self) {
        let mut ticks = tokio::time::interval(std::time::Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if let Err(error) = self.reload().await {
                tracing::warn!(%error, "the keys of tokens are not read again");
            }
        }
    }

    /// Signs with the key whose turn it is.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, Error> {
        let now = self.clock.now();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let signing = known.iter().find(|known| known.phase(now) == Phase::Signing);
        let key = signing.and_then(|known| known.key.as_ref()).ok_or_else(|| {
            let message = "sign a token: its key does not open: give the --secrets-key that it was \
                           sealed with, or run payments keys rotate";
            Error::new(ErrorKind::Misconfigured, message)
        })?;
        Ok(key.sign(claims))
    }

    /// Returns the public halves of all keys that are of use.
    pub(super) fn published(&self) -> Vec<Value> {
        let now = self.clock.now();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let of_use = known.iter().filter(|known| known.phase(now) != Phase::Retired);
        of_use.filter_map(|known| Some(known.key.as_ref()?.jwk())).collect()
    }

    async fn reload(&self) -> Result<(), Error> {
        let stored = SigningKey::all(&self.db).await?;
        let now = self.clock.now();
        let spans = spans(stored.iter().map(|key| key.created_at));
        let mut known = Vec::new();
        for (key, (signs_from, signs_until)) in stored.iter().zip(spans) {
            let opened = key.open(&self.sealer).ok().map(Arc::new);
            known.push(Known { id: key.id.clone(), key: opened, signs_from, signs_until });
        }
        known.retain(|known| known.phase(now) != Phase::Retired);
        let mut before = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // To replace them has all tokens verified anew.
        if before.iter().map(|known| &known.id).ne(known.iter().map(|known| &known.id)) {
            for closed in known.iter().filter(|known| known.key.is_none()) {
                tracing::error!(
                    key.id = closed.id,
                    "a key of tokens was sealed with another --secrets-key: it is of no use here"
                );
            }
            let keys: Result<Vec<_>, _> =
                known.iter().filter_map(|known| known.key.as_deref()).map(verifying).collect();
            self.verifying.replace(keys?);
        }
        *before = known;
        Ok(())
    }
}

impl Known {
    fn phase(&self, now: OffsetDateTime) -> Phase {
        phase((self.signs_from, self.signs_until), now)
    }
}

fn verifying(key: &TokenKey) -> Result<JwtKey, Error> {
    Ok(JwtKey::ed25519_pem(key.public_pem().as_bytes())?.with_id(key.id()))
}

type Span = (OffsetDateTime, Option<OffsetDateTime>);

/// Returns from when and until when each key signs, of keys that were made at these times.
pub(super) fn spans(made: impl Iterator<Item = OffsetDateTime>) -> Vec<Span> {
    let from: Vec<_> =
        made.enumerate().map(|(at, made)| if at == 0 { made } else { made + PUBLISHED }).collect();
    let until = from.iter().skip(1).copied().map(Some).chain([None]);
    from.iter().copied().zip(until).collect()
}

pub(super) fn phase((from, until): Span, now: OffsetDateTime) -> Phase {
    match until {
        Some(until) if until + ACCESS + LEEWAY <= now => Phase::Retired,
        Some(until) if until <= now => Phase::Verifying,
        _ if now < from => Phase::Published,
        _ => Phase::Signing,
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At any time one key signs, and whatever it has signed is verified.
    #[test]
    fn one_key_signs_at_a_time() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let made = [0, 20, 21, 500].map(|minutes| start + Duration::minutes(minutes));
        let spans = spans(made.into_iter());
        for second in (0..3_600 * 10).step_by(7) {
            let now = start + Duration::seconds(second);
            let signing: Vec<_> =
                spans.iter().filter(|span| phase(**span, now) == Phase::Signing).collect();
            assert_eq!(signing.len(), 1, "{now}");
            assert_ne!(phase(*signing[0], now + ACCESS), Phase::Retired);
        }
        let old = spans[0];
        assert_eq!(phase(old, start + Duration::minutes(20)), Phase::Signing);
        assert_eq!(phase(spans[1], start + Duration::minutes(20)), Phase::Published);
        assert_eq!(phase(old, start + Duration::minutes(21)), Phase::Verifying);
        assert_eq!(phase(old, start + Duration::minutes(32)), Phase::Retired);
    }
}
