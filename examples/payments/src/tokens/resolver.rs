use http::header::AUTHORIZATION;
use http::request::Parts;
use tenancy_core::ResolvedVia;
use tenancy_core::resolve::{Claimed, JwtResolver, TenantResolver};

/// Reads tokens of the two kinds that there are: those that the platform signs by a named key, and
/// those of its shared secret, which name none.
///
/// Each is verified by its own keys alone, so that neither passes for the other.
#[derive(Debug)]
pub(crate) struct TokenResolver {
    own: JwtResolver,
    of_secret: Option<JwtResolver>,
}

impl TokenResolver {
    pub(crate) const fn new(own: JwtResolver, of_secret: Option<JwtResolver>) -> Self {
        Self { own, of_secret }
    }
}

impl TenantResolver for TokenResolver {
    fn via(&self) -> ResolvedVia {
        self.own.via()
    }

    fn reads_bearer(&self) -> bool {
        true
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        match &self.of_secret {
            Some(of_secret) if !names_a_key(parts) => of_secret.resolve(parts),
            _ => self.own.resolve(parts),
        }
    }
}

/// Nothing is believed here: it only says who is to look at the token.
fn names_a_key(parts: &Parts) -> bool {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|text| text.split_once(' ')).map(|(_, token)| token.trim());
    let read = token.and_then(|token| jsonwebtoken::decode_header(token).ok());
    read.is_some_and(|header| header.kid.is_some())
}
