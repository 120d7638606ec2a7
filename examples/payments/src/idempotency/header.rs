use std::time::Duration;

use axum::extract::FromRequestParts;
use http::HeaderName;
use http::request::Parts;
use tenancy_axum::CurrentActor;
use tenancy_core::{Actor, ErrorKind, Problem, TenantId};
use tenancy_sqlx::{TenantDb, TenantTx};
use time::OffsetDateTime;

use super::{Answer, Fingerprint, Replay, ReplayId};
use crate::actors::name_of;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The `Idempotency-Key` of a request, and whose key it is. A route that takes it requires it.
#[derive(Debug)]
pub(crate) struct Idempotency {
    pub(super) actor: Actor,
    pub(super) key: String,
}

/// Whose turn a request with a key is.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub(crate) enum Turn {
    /// Its own: it holds the key from the transaction's commit on.
    First(TenantTx, ReplayId),
    /// Another one's, before it; this was answered.
    Again(Answer),
}

impl Idempotency {
    /// Returns who asks, as it is written down.
    pub(crate) fn maker(&self) -> String {
        name_of(&self.actor)
    }

    /// Takes the key for a request that is answered later, by [`Replay::complete`].
    ///
    /// # Errors
    ///
    /// 422 when the key was used for another request, 409 while the first one is at work.
    pub(crate) async fn begin(
        &self,
        db: &TenantDb,
        mut tx: TenantTx,
        fingerprint: Fingerprint,
        now: OffsetDateTime,
    ) -> Result<Turn, Problem> {
        let tenant = tx.tenant();
        let record = Replay::running(tenant, self, fingerprint, now);
        match tx.repo().insert(record).await {
            Ok(_) => Ok(Turn::First(tx, Replay::id(self))),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                drop(tx);
                self.replay(db, tenant, fingerprint).await.map(Turn::Again)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns what was answered to the first request with this key.
    ///
    /// # Errors
    ///
    /// 422 when that was another request, 409 while it is at work.
    pub(crate) async fn replay(
        &self,
        db: &TenantDb,
        tenant: TenantId,
        fingerprint: Fingerprint,
    ) -> Result<Answer, Problem> {
        let found = db.read(tenant).repo::<Replay>().get(&Replay::id(self)).await?;
        match found {
            Some(replay) if replay.is_of(fingerprint) => replay.into_answer()?.ok_or_else(in_use),
            Some(_) => Err(reused()),
            // Taken, and not there: whoever took it has taken it back in between.
            None => Err(in_use()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let CurrentActor(actor) =
            <CurrentActor as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let value = values.next().ok_or_else(required)?;
        let good = (1..=255).contains(&value.len())
            && value.as_bytes().iter().all(u8::is_ascii_graphic)
            && values.next().is_none();
        let key = value.to_str().ok().filter(|_| good).ok_or_else(invalid)?;
        Ok(Self { actor, key: key.to_owned() })
    }
}

fn required() -> Problem {
    Problem::new(400, "idempotency_key_required", "The request needs an idempotency key")
        .with_detail("send a header idempotency-key with a new value for each payment")
        .with_param("idempotency-key")
}

fn invalid() -> Problem {
    Problem::new(400, "idempotency_key_invalid", "The idempotency key is not valid")
        .with_detail("one header of 1 to 255 visible ASCII characters is expected")
        .with_param("idempotency-key")
}

fn in_use() -> Problem {
    Problem::new(409, "idempotency_key_in_use", "The key is in use")
        .with_retry_after(Duration::from_secs(1))
}

fn reused() -> Problem {
    Problem::new(422, "idempotency_key_reused", "The idempotency key was used for another request")
        .with_param("idempotency-key")
}
