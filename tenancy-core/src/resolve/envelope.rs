use std::sync::Arc;

use http::request::Parts;

use super::{Claimed, TenantClaim, TenantResolver};
use crate::{Envelope, EnvelopeKeys, Error, ErrorKind, ResolvedVia, TenantKey};

/// Reads the envelope of a request that another service of ours sent on a tenant's behalf, from
/// the header [`tenancy-envelope`](Envelope::HEADER).
///
/// It must be sealed with one of the keys, for this audience and for the method, path and query
/// of this request; see [`EnvelopeKeys::seal_request`]. Nothing between the two services may
/// rewrite the path, nor a router around the layer that resolves: nested routers of axum cut
/// their prefix off.
///
/// It is a credential, and brings the actor along. Where the sender knew the tenant only by an
/// address, such as a host, it is an address here too. A header that is there and not good is
/// refused, whatever else the request brings.
#[derive(Debug, Clone)]
pub struct EnvelopeResolver {
    keys: EnvelopeKeys,
    audience: Arc<str>,
}

impl EnvelopeResolver {
    /// Opens with these keys what is sealed for this audience: the name of this service.
    pub fn new(keys: EnvelopeKeys, audience: impl Into<Arc<str>>) -> Self {
        Self { keys, audience: audience.into() }
    }

    fn read(&self, parts: &Parts) -> Result<Option<TenantClaim>, Error> {
        let mut values = parts.headers.get_all(Envelope::HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let text = value.to_str().ok().filter(|text| !text.is_empty());
        let (Some(text), None) = (text, values.next()) else {
            return Err(Error::new(
                ErrorKind::CredentialInvalid,
                "the envelope's header is malformed, or was sent twice",
            ));
        };
        let opened = self.keys.open_request(text, &self.audience, parts)?;
        let claim = TenantClaim::new(TenantKey::Id(opened.tenant_id()), opened.trust());
        Ok(Some(match opened.actor() {
            Some(actor) => claim.with_actor(actor.clone()),
            None => claim,
        }))
    }
}

impl TenantResolver for EnvelopeResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Envelope
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        match self.read(parts) {
            Ok(None) => Claimed::Absent,
            Ok(Some(claim)) => Claimed::Claim(claim),
            Err(error) => Claimed::Invalid(error),
        }
    }
}
