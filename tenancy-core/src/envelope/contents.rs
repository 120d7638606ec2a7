//! What an envelope says, and the bytes it says it in.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Actor, ActorKind, Error, ErrorKind, RequestId, TenantContext, TenantId, Trust};

/// The contents, as JSON. The seal is over these very bytes, so that nothing is read before it is
/// known to be ours, and nothing can be read in two ways.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents<'a> {
    #[serde(rename = "use")]
    pub(super) purpose: Purpose,
    #[serde(rename = "tid")]
    pub(super) tenant_id: TenantId,
    #[serde(rename = "prf")]
    pub(super) proof: Proof,
    #[serde(rename = "act", skip_serializing_if = "Option::is_none")]
    pub(super) actor: Option<Acting<'a>>,
    #[serde(rename = "rid", skip_serializing_if = "Option::is_none", borrow)]
    pub(super) request_id: Option<Cow<'a, str>>,
    #[serde(rename = "aud", borrow)]
    pub(super) audience: Cow<'a, str>,
    /// SHA-256 of what it belongs to, in base64url.
    #[serde(rename = "dig", borrow)]
    pub(super) digest: Cow<'a, str>,
    /// Microseconds since the epoch.
    #[serde(rename = "iat")]
    pub(super) issued_at: i64,
    #[serde(rename = "exp")]
    pub(super) expires_at: i64,
}

/// What an envelope belongs to. One for the other is refused, whatever their bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Purpose {
    Job,
    Request,
}

/// What whoever sealed it knew about the tenant. An envelope proves that, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    /// The address that was asked for.
    Address,
    /// A credential, a declared proxy, or the program itself.
    Credential,
}

impl Proof {
    const fn of(trust: Trust) -> Self {
        match trust {
            Trust::Hint | Trust::Address => Self::Address,
            Trust::Declared | Trust::Credential => Self::Credential,
        }
    }

    pub(crate) const fn trust(self) -> Trust {
        match self {
            Self::Address => Trust::Address,
            Self::Credential => Trust::Credential,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acting<'a> {
    #[serde(rename = "k")]
    kind: Kind,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "sc", skip_serializing_if = "Option::is_none", borrow)]
    scopes: Option<Vec<Cow<'a, str>>>,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    acts_for: Option<Box<Acting<'a>>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    User,
    ApiKey,
    System,
}

impl<'a> Contents<'a> {
    pub(super) fn new(
        context: &'a TenantContext,
        purpose: Purpose,
        audience: &'a str,
        payload: &[u8],
        (issued_at, expires_at): (i64, i64),
    ) -> Self {
        Self {
            purpose,
            tenant_id: context.tenant_id(),
            proof: Proof::of(context.trust()),
            actor: context.actor().map(Acting::from),
            request_id: context.request_id().map(|id| Cow::Borrowed(id.as_str())),
            audience: Cow::Borrowed(audience),
            digest: Cow::Owned(digest(payload)),
            issued_at,
            expires_at,
        }
    }

    pub(super) fn request_id(&self) -> Result<Option<RequestId>, Error> {
        self.request_id.as_deref().map(RequestId::parse).transpose().map_err(|source| {
            let message = "the envelope's request id is odd";
            Error::new(ErrorKind::CredentialInvalid, message).with_source(source)
        })
    }
}

pub(super) fn digest(payload: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(payload))
}

impl<'a> From<&'a Actor> for Acting<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self {
            kind: actor.kind().into(),
            id: Cow::Borrowed(actor.id()),
            scopes: actor.scopes().map(|scopes| scopes.map(Cow::Borrowed).collect()),
            acts_for: actor.acts_for().map(|principal| Box::new(principal.into())),
        }
    }
}

impl From<Acting<'_>> for Actor {
    fn from(acting: Acting<'_>) -> Self {
        let mut actor = Self::new(acting.kind.into(), acting.id);
        if let Some(scopes) = acting.scopes {
            actor = actor.with_scopes(scopes);
        }
        match acting.acts_for {
            Some(principal) => actor.on_behalf_of((*principal).into()),
            None => actor,
        }
    }
}

impl From<ActorKind> for Kind {
    fn from(kind: ActorKind) -> Self {
        match kind {
            ActorKind::User => Self::User,
            ActorKind::ApiKey => Self::ApiKey,
            ActorKind::System => Self::System,
        }
    }
}

impl From<Kind> for ActorKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::User,
            Kind::ApiKey => Self::ApiKey,
            Kind::System => Self::System,
        }
    }
}
