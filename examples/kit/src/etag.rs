//! Changes that are made only to what the caller has seen.

use axum::extract::FromRequestParts;
use http::header::{ETAG, IF_MATCH};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use tenancy_core::Problem;

/// Returns the header of an answer that names the version it shows (RFC 9110, 8.8.3).
///
/// # Panics
///
/// Never: digits in quotes are a header's value.
pub fn etag(version: i64) -> [(HeaderName, HeaderValue); 1] {
    let tag = HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes");
    [(ETAG, tag)]
}

/// The version that a request wants to change, by its `if-match`; `None` when it takes any.
///
/// Any but one tag of ours, or `*`, is refused: 400 `precondition_invalid`.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(Option<i64>);

impl IfMatch {
    /// Requires that a version is the one that was seen.
    ///
    /// # Errors
    ///
    /// 412 `precondition_failed` when it is another.
    pub fn require(self, version: i64) -> Result<(), Problem> {
        match self.0 {
            Some(seen) if seen != version => {
                Err(Problem::new(412, "precondition_failed", "It has changed meanwhile")
                    .with_detail("read it again, and send its etag as if-match"))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        match (value.to_str().ok().map(str::trim), values.next()) {
            (Some("*"), None) => Ok(Self(None)),
            (Some(tag), None) => read(tag).map(|version| Self(Some(version))).ok_or_else(malformed),
            _ => Err(malformed()),
        }
    }
}

fn read(tag: &str) -> Option<i64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let version: i64 = digits.parse().ok()?;
    (version.to_string() == digits).then_some(version)
}

fn malformed() -> Problem {
    Problem::new(400, "precondition_invalid", "The header if-match is not valid")
        .with_detail("one etag of an answer is expected, with its quotes, or *")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn read_from(values: &[&str]) -> Result<IfMatch, Problem> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(IF_MATCH, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn only_what_was_seen_is_changed() {
        for (values, versions) in [
            (&[][..], [true, true]),
            (&["*"], [true, true]),
            (&["\"7\""], [true, false]),
            (&["\"8\""], [false, true]),
        ] {
            let seen = read_from(values).await.unwrap();
            for (version, expected) in [7, 8].into_iter().zip(versions) {
                assert_eq!(seen.require(version).is_ok(), expected, "{values:?} of {version}");
            }
        }
        assert_eq!(etag(7)[0].1, "\"7\"");
    }

    #[tokio::test]
    async fn what_is_no_tag_of_ours_is_refused() {
        for values in [
            &["7"][..],
            &[""],
            &["W/\"7\""],
            &["\"07\""],
            &["\"+7\""],
            &["\"7\", \"8\""],
            &["\"7\"", "\"7\""],
            &["\"seven\""],
        ] {
            let refused = read_from(values).await.unwrap_err();
            assert_eq!((refused.status(), refused.code()), (400, "precondition_invalid"));
        }
    }
}
