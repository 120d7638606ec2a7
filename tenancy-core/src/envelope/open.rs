use http::request::Parts;
use http::{Method, Uri};
use subtle::ConstantTimeEq as _;

use super::contents::{Contents, Purpose, digest};
use super::{EnvelopeKeys, Opened, sealed};
use crate::{Error, ErrorKind};

/// How far the clocks of two machines may differ, in microseconds.
const SKEW: i64 = 30_000_000;

impl EnvelopeKeys {
    /// Opens the envelope of a job, for the audience and the payload that it came with.
    ///
    /// It takes a text, or an `Option` of one, for records may lack it. Clocks may differ by 30
    /// seconds. The tenant is not looked up yet, see [`Opened::for_writing`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CredentialRequired`] when there is none; [`ErrorKind::CredentialInvalid`] when
    /// it is malformed, altered, of an unknown version or key, has expired, is not valid yet, or
    /// was made for another audience or payload. The message says which: it is for logs.
    pub fn open<'a>(
        &self,
        envelope: impl Into<Option<&'a str>>,
        audience: &str,
        payload: &[u8],
    ) -> Result<Opened, Error> {
        self.open_with(Purpose::Job, envelope.into(), audience, payload, Opened::of)
    }

    /// Opens the envelope of an HTTP request, for the audience that this service is.
    ///
    /// [`EnvelopeResolver`](crate::resolve::EnvelopeResolver) does it for a chain.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_request<'a>(
        &self,
        envelope: impl Into<Option<&'a str>>,
        audience: &str,
        request: &Parts,
    ) -> Result<Opened, Error> {
        let payload = request_payload(&request.method, &request.uri);
        let payload = payload.as_bytes();
        self.open_with(Purpose::Request, envelope.into(), audience, payload, Opened::of)
    }

    pub(super) fn open_with<T>(
        &self,
        purpose: Purpose,
        text: Option<&str>,
        audience: &str,
        payload: &[u8],
        then: impl FnOnce(Contents<'_>, i64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let bad = |reason: &'static str| Error::new(ErrorKind::CredentialInvalid, reason);
        let text = text.filter(|text| !text.is_empty()).ok_or_else(|| {
            Error::new(ErrorKind::CredentialRequired, "open an envelope: there is none")
        })?;
        let bytes = sealed::contents(text, &self.ring()).map_err(bad)?;
        let contents: Contents<'_> =
            serde_json::from_slice(&bytes).map_err(|_| bad("the envelope's contents are odd"))?;
        let now = self.clock.now_micros();
        check(&contents, purpose, audience, payload, now).map_err(bad)?;
        then(contents, now)
    }
}

fn check(
    contents: &Contents<'_>,
    purpose: Purpose,
    audience: &str,
    payload: &[u8],
    now: i64,
) -> Result<(), &'static str> {
    if now.saturating_sub(SKEW) >= contents.expires_at {
        return Err("the envelope has expired");
    }
    if now.saturating_add(SKEW) < contents.issued_at {
        return Err("the envelope is not valid yet");
    }
    if contents.purpose != purpose || contents.audience != audience {
        return Err("the envelope is for another audience");
    }
    let is_same: bool = contents.digest.as_bytes().ct_eq(digest(payload).as_bytes()).into();
    is_same.then_some(()).ok_or("the envelope is for another payload")
}

/// What an envelope of a request belongs to: `METHOD /path?query`. Methods have no spaces.
pub(super) fn request_payload(method: &Method, uri: &Uri) -> String {
    let query = uri.query().map(|query| format!("?{query}"));
    format!("{method} {}{}", uri.path(), query.unwrap_or_default())
}
