use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use tenancy_core::{Error, ErrorKind, Problem};

/// The id in a route's path.
///
/// What is no id at all answers like an id that nobody has.
#[derive(Debug, Clone, Copy)]
pub struct PathId<K>(pub K);

impl<S: Send + Sync, K: FromStr> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        text.ok().and_then(|Path(text)| text.parse().ok()).map(Self).ok_or_else(missing)
    }
}

/// The tenant has nothing of this id, whoever else may.
pub fn missing() -> Problem {
    Error::new(ErrorKind::NotFound, "there is no such resource").into()
}
