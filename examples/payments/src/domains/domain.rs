use serde::Serialize;
use tenancy_core::domain::DomainChallenge;
use tenancy_core::{Error, ErrorKind, Host, TenantId};
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::DomainId;

/// A domain that a tenant says is its own.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "own_domains", version = "version")]
pub(crate) struct OwnDomain {
    #[tenant(key)]
    pub(super) id: DomainId,
    pub(super) tenant_id: TenantId,
    pub(super) domain: String,
    pub(super) token: String,
    pub(super) created_at: OffsetDateTime,
    pub(super) verified_at: Option<OffsetDateTime>,
    pub(super) version: i64,
}

impl OwnDomain {
    pub(super) fn new(
        tenant_id: TenantId,
        challenge: &DomainChallenge,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: DomainId::generate(),
            tenant_id,
            domain: challenge.domain().as_str().to_owned(),
            token: challenge.token().to_owned(),
            created_at: now,
            verified_at: None,
            version: 1,
        }
    }

    pub(super) fn host(&self) -> Result<Host, Error> {
        Host::parse_name(&self.domain).map_err(|source| {
            Error::new(ErrorKind::Internal, "read a domain that was stored").with_source(source)
        })
    }

    /// Returns what shows that it is the tenant's.
    pub(super) fn challenge(&self) -> Result<DomainChallenge, Error> {
        DomainChallenge::stored(self.host()?, self.token.clone())
    }

    /// Returns what callers see.
    pub(super) fn view(self) -> Result<DomainView, Error> {
        let challenge = self.challenge()?;
        Ok(DomainView {
            id: self.id,
            state: if self.verified_at.is_some() { "verified" } else { "pending" },
            record: RecordView {
                r#type: "TXT",
                name: challenge.record_name(),
                value: challenge.record_value(),
            },
            domain: self.domain,
            created_at: self.created_at,
            verified_at: self.verified_at,
        })
    }
}

/// A domain, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
pub(super) struct DomainView {
    id: DomainId,
    #[schema(example = "pay.harbor.example")]
    domain: String,
    /// `pending` or `verified`.
    #[schema(example = "pending")]
    state: &'static str,
    record: RecordView,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    verified_at: Option<OffsetDateTime>,
}

/// What to set in the DNS.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DomainRecord)]
struct RecordView {
    #[schema(example = "TXT")]
    r#type: &'static str,
    #[schema(example = "_tenancy-challenge.pay.harbor.example")]
    name: String,
    #[schema(example = "tenancy-verify=0123456789abcdef0123456789abcdef01234567")]
    value: String,
}
