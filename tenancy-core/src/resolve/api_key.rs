use http::header::HeaderName;
use http::request::Parts;

use super::bearer::Bearer;
use super::{Claimed, TenantClaim, TenantResolver};
use crate::{ApiKeySecret, ResolvedVia, TenantKey, Trust};

/// Reads an API key, see [`ApiKeySecret`] for its form.
///
/// A bearer token with a dot is left to [`JwtResolver`](super::JwtResolver): keys have none.
#[derive(Debug, Clone)]
pub struct ApiKeyResolver {
    header: Option<HeaderName>,
}

impl ApiKeyResolver {
    /// Reads `Authorization: Bearer prefix_secret`.
    pub const fn bearer() -> Self {
        Self { header: None }
    }

    /// Reads a header of its own, such as `x-api-key`.
    pub const fn header(name: HeaderName) -> Self {
        Self { header: Some(name) }
    }
}

impl TenantResolver for ApiKeyResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::ApiKey
    }

    fn reads_bearer(&self) -> bool {
        self.header.is_none()
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        let text = match &self.header {
            None => match Bearer::of(parts) {
                Bearer::Absent => return Claimed::Absent,
                Bearer::Malformed => return Claimed::bad_credential("the bearer is malformed"),
                Bearer::Token(token) if token.contains(&b'.') => return Claimed::Absent,
                Bearer::Token(token) => match str::from_utf8(token) {
                    Ok(token) => token,
                    Err(_) => return Claimed::bad_credential("the bearer is malformed"),
                },
            },
            Some(name) => {
                let mut values = parts.headers.get_all(name).iter();
                let Some(value) = values.next() else { return Claimed::Absent };
                match (value.to_str(), values.next()) {
                    (Ok(text), None) => text,
                    _ => return Claimed::bad_credential("the API key is malformed"),
                }
            }
        };
        match ApiKeySecret::parse(text) {
            Ok(secret) => {
                let key = TenantKey::ApiKeyHash(secret.hash());
                Claimed::Claim(TenantClaim::new(key, Trust::Credential))
            }
            Err(error) => Claimed::Invalid(error),
        }
    }
}
