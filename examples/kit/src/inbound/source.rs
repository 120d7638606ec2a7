use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Scheme;

crate::prefixed_id! {
    /// Names a source: `src_…`.
    pub SourceId, "src_", "src_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// Somebody who tells a tenant of events.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "inbound_sources", version = "version")]
pub struct Source {
    /// Names it.
    #[tenant(key)]
    pub id: SourceId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// For people to read.
    pub name: String,
    /// About whose work it may speak: a connector's name.
    pub connector: String,
    /// How it signs.
    pub scheme: Scheme,
    /// What it signs with, sealed.
    pub(super) secret: Vec<u8>,
    /// Networks, with spaces between them; none means from everywhere.
    pub(super) networks: String,
    /// Whether it is listened to.
    pub enabled: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
    /// Counts changes.
    pub version: i64,
}

/// What it takes to make a source.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInboundSource)]
pub struct NewSource {
    /// For people to read.
    #[schema(max_length = 200, example = "the card provider")]
    pub name: String,
    /// About whose work it may speak.
    #[schema(max_length = 100, example = "simulator")]
    pub connector: String,
    /// How it signs.
    pub scheme: Scheme,
    /// What it signs with. It is never shown.
    #[schema(example = "whsec_…")]
    pub secret: String,
    /// Addresses and networks it may send from; without them, from everywhere.
    #[serde(default)]
    #[schema(example = json!(["192.0.2.0/24"]))]
    pub networks: BTreeSet<String>,
}

/// What may be changed about a source. What is not there stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InboundSourcePatch)]
pub struct SourcePatch {
    /// For people to read.
    #[serde(default)]
    pub name: Option<String>,
    /// What it signs with from now on.
    #[serde(default)]
    pub secret: Option<String>,
    /// Where it may send from, from now on.
    #[serde(default)]
    pub networks: Option<BTreeSet<String>>,
    /// Whether it is listened to.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// A source, as callers see it: never its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InboundSource)]
pub struct SourceView {
    id: SourceId,
    name: String,
    connector: String,
    scheme: Scheme,
    /// Where it may send from; none means from everywhere.
    #[schema(example = json!(["192.0.2.0/24"]))]
    networks: Vec<String>,
    enabled: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Source> for SourceView {
    fn from(source: Source) -> Self {
        let Source { id, name, connector, scheme, enabled, created_at, updated_at, .. } = source;
        let networks = source.networks.split_whitespace().map(str::to_owned).collect();
        Self { id, name, connector, scheme, networks, enabled, created_at, updated_at }
    }
}
