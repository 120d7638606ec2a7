//! The strategies, each with a good, a malformed and an unknown source.

use http::header::{AUTHORIZATION, COOKIE, HOST};
use http::request::Builder;
use tenancy_core::{ApiKeySecret, Envelope, ResolvedVia, SessionSecret, TenantId, Trust};

use super::world::{BASE, Member, PROXY, World, X_API_KEY, X_TENANT_ID};
use super::{envelope, token};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    Jwt,
    KeyBearer,
    KeyHeader,
    Envelope,
    /// From the declared proxy.
    Header,
    Session,
    Subdomain,
    Domain,
    Path,
}

impl Strategy {
    pub(crate) const ALL: [Self; 9] = [
        Self::Jwt,
        Self::KeyBearer,
        Self::KeyHeader,
        Self::Session,
        Self::Envelope,
        Self::Header,
        Self::Subdomain,
        Self::Domain,
        Self::Path,
    ];

    /// Those that leave the path as it is.
    pub(crate) fn of_headers() -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(|strategy| *strategy != Self::Path)
    }

    pub(super) fn via(self) -> ResolvedVia {
        match self {
            Self::Jwt => ResolvedVia::Jwt,
            Self::KeyBearer | Self::KeyHeader => ResolvedVia::ApiKey,
            Self::Envelope => ResolvedVia::Envelope,
            Self::Header => ResolvedVia::Header,
            Self::Session => ResolvedVia::Session,
            Self::Subdomain => ResolvedVia::Subdomain,
            Self::Domain => ResolvedVia::Domain,
            Self::Path => ResolvedVia::Path,
        }
    }

    pub(super) fn trust(self) -> Trust {
        match self {
            Self::Jwt | Self::KeyBearer | Self::KeyHeader | Self::Session | Self::Envelope => {
                Trust::Credential
            }
            Self::Header => Trust::Declared,
            Self::Subdomain | Self::Domain | Self::Path => Trust::Address,
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

    /// Tells whether both speak through `Host`: a request has one.
    pub(super) fn shares_its_host_with(self, other: Self) -> bool {
        let host = |strategy| matches!(strategy, Self::Subdomain | Self::Domain);
        host(self) && host(other)
    }

    pub(crate) fn naming(self, world: &World, whom: &Member, request: Builder) -> Builder {
        match self {
            Self::Jwt => bearer(request, &token::naming(world, &whom.id.to_string())),
            Self::KeyBearer => bearer(request, whom.key.reveal()),
            Self::KeyHeader => request.header(X_API_KEY, whom.key.reveal()),
            Self::Envelope => envelope::naming(world, whom, request),
            Self::Header => request.extension(PROXY).header(X_TENANT_ID, whom.id.to_string()),
            Self::Session => cookie(request, whom.session.reveal()),
            Self::Subdomain => request.header(HOST, whom.host()),
            Self::Domain => request.header(HOST, whom.domain()),
            Self::Path => request.uri(format!("/t/{}/invoices", whom.slug)),
        }
    }

    pub(super) fn malformed(self, request: Builder) -> Builder {
        match self {
            Self::Jwt => bearer(request, "not.a.token"),
            Self::KeyBearer => bearer(request, "not_a_key"),
            Self::KeyHeader => request.header(X_API_KEY, "not a key"),
            Self::Envelope => request.header(Envelope::HEADER, "not an envelope"),
            Self::Header => request.extension(PROXY).header(X_TENANT_ID, "Not A Name"),
            Self::Session => cookie(request, "not a session"),
            Self::Subdomain => request.header(HOST, format!("-not-a-name-.{BASE}")),
            Self::Domain => request.header(HOST, "-not-a-name-.example"),
            Self::Path => request.uri("/t/%6eorth/invoices"),
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
            Self::Envelope => envelope::naming_nobody(world, request),
            Self::Header => request.extension(PROXY).header(X_TENANT_ID, nobody),
            Self::Session => cookie(request, SessionSecret::generate("ses").unwrap().reveal()),
            Self::Subdomain => request.header(HOST, format!("nobody.{BASE}")),
            Self::Domain => request.header(HOST, "nobody.example"),
            Self::Path => request.uri("/t/nobody/invoices"),
        }
    }
}

pub(crate) fn cookie(request: Builder, session: &str) -> Builder {
    request.header(COOKIE, format!("theme=dark; __Host-session={session}"))
}

pub(crate) fn bearer(request: Builder, token: &str) -> Builder {
    request.header(AUTHORIZATION, format!("Bearer {token}"))
}
