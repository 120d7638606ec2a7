use std::time::Duration;

use http::{Method, Uri};

use super::contents::{Contents, Purpose};
use super::open::request_payload;
use super::{Envelope, EnvelopeKeys};
use crate::{Error, ErrorKind, TenantContext};

impl EnvelopeKeys {
    /// The longest time to live, 90 days: else a key could never be left out.
    pub const MAX_TTL: Duration = Duration::from_hours(90 * 24);

    /// Seals a context for one job: this payload, in this queue, for as long as `ttl`.
    ///
    /// The audience is the name of the queue or service that it is for. Any other audience,
    /// payload or time is refused. The payload is what the job does, as bytes that arrive as
    /// they are: two envelopes of equal payloads can be swapped, so put an id into it.
    ///
    /// It takes the tenant's id, the actor and the request's id along. What opens it believes it
    /// like a credential, unless the context came from a mere address, such as a host: that
    /// stays one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an audience that is not 1 to 128 bytes, a time to live of
    /// nothing or beyond [`MAX_TTL`](Self::MAX_TTL), or an actor whose ids and scopes need more
    /// than [`Envelope::MAX_LEN`].
    pub fn seal(
        &self,
        context: &TenantContext,
        audience: &str,
        payload: &[u8],
        ttl: Duration,
    ) -> Result<Envelope, Error> {
        self.seal_for(Purpose::Job, context, audience, payload, ttl)
    }

    /// Seals a context for one HTTP request: this method, path and query, to this service.
    ///
    /// The body is not part of it, as it is a stream; nor is the host, which proxies change. So
    /// let it live no longer than a request takes. A proxy between must leave the path as it is.
    ///
    /// # Errors
    ///
    /// As [`seal`](Self::seal).
    pub fn seal_request(
        &self,
        context: &TenantContext,
        audience: &str,
        (method, uri): (&Method, &Uri),
        ttl: Duration,
    ) -> Result<Envelope, Error> {
        let payload = request_payload(method, uri);
        self.seal_for(Purpose::Request, context, audience, payload.as_bytes(), ttl)
    }

    /// Seals an envelope that is still good anew: with the key that seals now, for as long as
    /// `ttl` from now on. For schedules that outlive theirs.
    ///
    /// One that has expired stays so. Who acts in it acts on: ask what the actor may do when the
    /// job runs, not when it is made.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open) and [`seal`](Self::seal).
    pub fn renew<'a>(
        &self,
        envelope: impl Into<Option<&'a str>>,
        audience: &str,
        payload: &[u8],
        ttl: Duration,
    ) -> Result<Envelope, Error> {
        let text = envelope.into();
        self.open_with(Purpose::Job, text, audience, payload, |contents, now| {
            let ttl = micros(ttl)?;
            let renewed =
                Contents { issued_at: now, expires_at: now.saturating_add(ttl), ..contents };
            self.sealed(&renewed)
        })
    }

    fn seal_for(
        &self,
        purpose: Purpose,
        context: &TenantContext,
        audience: &str,
        payload: &[u8],
        ttl: Duration,
    ) -> Result<Envelope, Error> {
        check_audience(audience)?;
        let (now, ttl) = (self.clock.now_micros(), micros(ttl)?);
        let contents =
            Contents::new(context, purpose, audience, payload, (now, now.saturating_add(ttl)));
        self.sealed(&contents)
    }

    fn sealed(&self, contents: &Contents<'_>) -> Result<Envelope, Error> {
        let contents = serde_json::to_vec(contents).map_err(|source| {
            Error::new(ErrorKind::Internal, "write an envelope").with_source(source)
        })?;
        Envelope::seal(&self.ring().sealing, &contents)
    }
}

pub(crate) fn check_audience(audience: &str) -> Result<(), Error> {
    if (1..=128).contains(&audience.len()) {
        return Ok(());
    }
    Err(Error::invalid("audience", "name an audience: 1 to 128 bytes are expected"))
}

fn micros(ttl: Duration) -> Result<i64, Error> {
    let micros = i64::try_from(ttl.as_micros()).ok().filter(|_| ttl <= EnvelopeKeys::MAX_TTL);
    micros
        .filter(|micros| *micros > 0)
        .ok_or_else(|| Error::invalid("ttl", "seal an envelope: it lives for up to 90 days"))
}
