use axum::extract::FromRequestParts;
use http::HeaderName;
use http::request::Parts;
use tenancy_axum::CurrentActor;
use tenancy_core::{Actor, Problem, TenantId};
use tenancy_sqlx::TenantDb;

use super::{Answer, Fingerprint, Replay};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The `Idempotency-Key` of a request, and whose key it is. A route that takes it requires it.
#[derive(Debug)]
pub(crate) struct Idempotency {
    pub(super) actor: Actor,
    pub(super) key: String,
}

impl Idempotency {
    /// Returns what was answered to the first request with this key.
    ///
    /// # Errors
    ///
    /// 422 when that was another request.
    pub(crate) async fn replay(
        &self,
        db: &TenantDb,
        tenant: TenantId,
        fingerprint: Fingerprint,
    ) -> Result<Answer, Problem> {
        let found = db.read(tenant).repo::<Replay>().get(&Replay::id(self)).await?;
        match found {
            Some(replay) if replay.is_of(fingerprint) => Ok(replay.into_answer()?),
            Some(_) => Err(reused()),
            // Taken, and not there: whoever took it has taken it back in between.
            None => Err(Problem::new(409, "idempotency_key_in_use", "The key is in use")
                .with_retry_after(std::time::Duration::from_secs(1))),
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

fn reused() -> Problem {
    Problem::new(422, "idempotency_key_reused", "The idempotency key was used for another request")
        .with_param("idempotency-key")
}
