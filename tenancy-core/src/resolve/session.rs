use http::header::{COOKIE, HeaderName, HeaderValue, ORIGIN};
use http::request::Parts;

use super::{Claimed, TenantClaim, TenantResolver};
use crate::{Host, ResolvedVia, SessionSecret, TenantKey, Trust};

/// Reads a session cookie, see [`SessionSecret`] for the form of its value.
///
/// A browser sends cookies by itself, also when another site makes it. So on any method that may
/// change something the cookie counts only when the request comes from its own site:
/// `Sec-Fetch-Site` must be `same-origin` or `none`; a browser too old to send it must send an
/// `Origin` of the request's own host, or none. Elsewhere the credential is refused with 401.
///
/// A browser also keeps cookies that the server has long forgotten. A value that leads to no
/// session is therefore no credential and no error: the request goes on as if it had none, so
/// that the sign-in page opens. A session that is good must agree with all other sources.
///
/// Set the cookie as `__Host-session=…; Path=/; Secure; HttpOnly; SameSite=Lax`: the prefix keeps
/// other subdomains, and so other tenants, from setting it (RFC 6265bis, 4.1.3.2).
#[derive(Debug, Clone)]
pub struct SessionResolver {
    name: String,
}

impl SessionResolver {
    /// Reads the cookie `__Host-session`.
    pub fn host_cookie() -> Self {
        Self::cookie("__Host-session")
    }

    /// Reads the cookie of this name.
    pub fn cookie(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// Returns the values of the cookie. Names are compared exactly.
    fn values<'a>(&'a self, parts: &'a Parts) -> impl Iterator<Item = &'a str> {
        let headers = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = headers.flat_map(|text| text.split(';'));
        let pairs = pairs.filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='));
        pairs.filter(|(name, _)| *name == self.name).map(|(_, value)| value)
    }
}

impl TenantResolver for SessionResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Session
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        let mut values = self.values(parts);
        let Some(value) = values.next() else { return Claimed::Absent };
        if values.next().is_some() {
            // Somebody else may have set one of them; which one, nobody can tell.
            return Claimed::bad_credential("the session cookie was sent twice");
        }
        let Ok(secret) = SessionSecret::parse(value) else { return Claimed::Absent };
        if !parts.method.is_safe() && !is_same_origin(parts) {
            return Claimed::bad_credential("the session cookie comes with another site's request");
        }
        Claimed::Claim(TenantClaim::new(TenantKey::SessionHash(secret.hash()), Trust::Credential))
    }
}

/// Tells whether a page of this very host, or no page at all, made the browser ask.
fn is_same_origin(parts: &Parts) -> bool {
    const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let only = |name: HeaderName| {
        let mut values = parts.headers.get_all(name).iter();
        let first = values.next();
        (first, values.next().is_some())
    };
    match only(SEC_FETCH_SITE) {
        (_, true) => return false,
        (Some(site), false) => {
            return [&b"same-origin"[..], b"none"].contains(&site.as_bytes());
        }
        (None, false) => {}
    }
    match only(ORIGIN) {
        (_, true) => false,
        (None, false) => true,
        (Some(origin), false) => is_origin_of(origin, parts),
    }
}

fn is_origin_of(origin: &HeaderValue, parts: &Parts) -> bool {
    let Ok(text) = origin.to_str() else { return false };
    let Some((_, authority)) = text.split_once("://") else { return false };
    match (Host::parse(authority), Host::of(parts)) {
        (Ok(Some(origin)), Ok(Some(host))) => origin == host,
        // An address is no name: the texts must be the same.
        (Ok(None), Ok(None)) => {
            let host = parts.uri.authority().map(http::uri::Authority::as_str);
            let header = || parts.headers.get(http::header::HOST)?.to_str().ok();
            host.or_else(header).is_some_and(|host| host.eq_ignore_ascii_case(authority))
        }
        _ => false,
    }
}
