//! The strategies, each with a good, a malformed and an unknown source.

use http::header::{AUTHORIZATION, HOST};
use http::request::Builder;
use tenancy_core::{ApiKeySecret, ResolvedVia, TenantId, Trust};

use super::token;
use super::world::{BASE, Member, PROXY, World, X_API_KEY, X_TENANT_ID};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    Jwt,
    KeyBearer,
    KeyHeader,
    /// From the declared proxy.
    Header,
    Subdomain,
}

impl Strategy {
    pub(crate) const ALL: [Self; 5] =
        [Self::Jwt, Self::KeyBearer, Self::KeyHeader, Self::Header, Self::Subdomain];

    pub(super) fn via(self) -> ResolvedVia {
        match self {
            Self::Jwt => ResolvedVia::Jwt,
            Self::KeyBearer | Self::KeyHeader => ResolvedVia::ApiKey,
            Self::Header => ResolvedVia::Header,
            Self::Subdomain => ResolvedVia::Subdomain,
        }
    }

    pub(super) fn trust(self) -> Trust {
        match self {
            Self::Jwt | Self::KeyBearer | Self::KeyHeader => Trust::Credential,
            Self::Header => Trust::Declared,
            Self::Subdomain => Trust::Address,
        }
    }

    pub(super) fn is_credential(self) -> bool {
        self.trust() == Trust::Credential
    }

    /// Tells whether both speak through `Authorization`, which may come once.
    pub(super) fn shares_its_source_with(self, other: Self) -> bool {
        let bearer = |strategy| matches!(strategy, Self::Jwt | Self::KeyBearer);
        bearer(self) && bearer(other)
    }

    pub(crate) fn naming(self, world: &World, whom: &Member, request: Builder) -> Builder {
        match self {
            Self::Jwt => bearer(request, &token::naming(world, &whom.id.to_string())),
            Self::KeyBearer => bearer(request, whom.key.reveal()),
            Self::KeyHeader => request.header(X_API_KEY, whom.key.reveal()),
            Self::Header => request.extension(PROXY).header(X_TENANT_ID, whom.id.to_string()),
            Self::Subdomain => request.header(HOST, whom.host()),
        }
    }

    pub(super) fn malformed(self, request: Builder) -> Builder {
        match self {
            Self::Jwt => bearer(request, "not.a.token"),
            Self::KeyBearer => bearer(request, "not_a_key"),
            Self::KeyHeader => request.header(X_API_KEY, "not a key"),
            Self::Header => request.extension(PROXY).header(X_TENANT_ID, "Not A Name"),
            Self::Subdomain => request.header(HOST, format!("-not-a-name-.{BASE}")),
        }
    }

    /// Well formed, and of nobody.
    pub(super) fn unknown(self, world: &World, request: Builder) -> Builder {
        let nobody = TenantId::generate().to_string();
        let key = ApiKeySecret::generate("test").unwrap();
        match self {
            Self::Jwt => bearer(request, &token::naming(world, &nobody)),
            Self::KeyBearer => bearer(request, key.reveal()),
            Self::KeyHeader => request.header(X_API_KEY, key.reveal()),
            Self::Header => request.extension(PROXY).header(X_TENANT_ID, nobody),
            Self::Subdomain => request.header(HOST, format!("nobody.{BASE}")),
        }
    }
}

pub(crate) fn bearer(request: Builder, token: &str) -> Builder {
    request.header(AUTHORIZATION, format!("Bearer {token}"))
}
