use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{MethodRouter, get};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tenancy_core::{Clock as _, Error, ErrorKind, Problem};
use time::OffsetDateTime;
use uuid::Uuid;

use super::DemoClock;
use crate::Json;

/// Proves that a caller runs the machine: made anew at each start, and printed there.
#[derive(Clone)]
pub struct OperatorKey(Arc<str>);

impl OperatorKey {
    /// Makes one that nobody can guess.
    pub fn generate() -> Self {
        // 244 random bits.
        Self(format!("opkey_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).into())
    }

    /// Returns the text, to print it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Requires it as a request's bearer token.
    ///
    /// # Errors
    ///
    /// 401 `credential_invalid`, also without one.
    pub fn require(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let sent =
            headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        let good = sent.is_some_and(|sent| bool::from(sent.ct_eq(self.0.as_bytes())));
        if good { Ok(()) } else { Err(refused()) }
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorKey(…)")
    }
}

fn refused() -> Problem {
    Error::new(ErrorKind::CredentialInvalid, "the operator's key is expected").into()
}

#[derive(Clone)]
struct Operated {
    clock: DemoClock,
    key: OperatorKey,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// At most ten years at a time.
    advance_seconds: u32,
}

#[derive(Debug, Serialize)]
struct Now {
    #[serde(with = "time::serde::rfc3339")]
    now: OffsetDateTime,
}

/// Serves `/demo/clock`: `GET` reads the clock, `POST {"advance_seconds": 60}` moves it forward.
///
/// Both want the operator's key. Mount it only where the clock is one for demonstrations.
pub fn clock_router<S: Clone + Send + Sync + 'static>(
    clock: DemoClock,
    key: OperatorKey,
) -> Router<S> {
    let routes: MethodRouter<Operated> = get(read).post(advance);
    Router::new().route("/demo/clock", routes.with_state(Operated { clock, key }))
}

async fn read(State(at): State<Operated>, headers: HeaderMap) -> Result<Json<Now>, Problem> {
    at.key.require(&headers)?;
    Ok(Json(Now { now: at.clock.now() }))
}

async fn advance(
    State(at): State<Operated>,
    headers: HeaderMap,
    by: Result<Json<Advance>, Problem>,
) -> Result<Json<Now>, Problem> {
    at.key.require(&headers)?;
    let Json(by) = by?;
    if by.advance_seconds > MOST {
        return Err(Problem::new(422, "field_invalid", "A field is not valid")
            .with_param("advance_seconds")
            .with_detail("at most ten years at a time"));
    }
    at.clock.advance(Duration::from_secs(by.advance_seconds.into()));
    Ok(Json(Now { now: at.clock.now() }))
}

const MOST: u32 = 10 * 366 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_its_own_machine_only() {
        let (one, other) = (OperatorKey::generate(), OperatorKey::generate());
        let headers = |text: String| HeaderMap::from_iter([(AUTHORIZATION, text.parse().unwrap())]);
        let right = headers(format!("Bearer {}", one.reveal()));
        assert!(one.require(&right).is_ok());
        assert_eq!(other.require(&right).unwrap_err().status(), 401);
        for wrong in ["", "Bearer ", "Bearer x", one.reveal(), &format!("Bearer {}x", one.reveal())]
        {
            assert!(one.require(&headers(wrong.to_owned())).is_err(), "{wrong}");
        }
        assert!(one.require(&HeaderMap::new()).is_err());
        assert_eq!(format!("{one:?}"), "OperatorKey(…)");
    }
}
