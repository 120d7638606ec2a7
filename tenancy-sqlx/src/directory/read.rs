//! From rows to records.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tenancy_core::entity::{FromValue as _, Kind, Row};
use tenancy_core::{
    Actor, ActorKind, ApiKey, DirectoryEntry, Error, ErrorKind, Host, Overrides, PlanCatalogue,
    Session, Tenant, TenantId, TenantSlug,
};
use time::OffsetDateTime;

/// The columns that [`tenant`] reads, of `tenancy_tenants t`.
macro_rules! tenant_columns {
    () => {
        "t.id, t.slug, t.name, t.plan, t.status, t.version, t.overrides, t.domains, t.placement"
    };
}
pub(super) use tenant_columns;

/// Where the columns of a key or a session begin.
const BEHIND_TENANT: usize = 9;

pub(super) fn tenant(plans: &PlanCatalogue, row: &mut dyn Row) -> Result<Arc<Tenant>, Error> {
    let text = |row: &mut dyn Row, at| String::from_value(row.take(at, Kind::Text)?);
    let id = TenantId::from_value(row.take(0, Kind::Uuid)?)?;
    let slug = TenantSlug::parse(&text(row, 1)?).map_err(unreadable)?;
    let plan = plans.plan(&text(row, 3)?)?;
    let overrides: Overrides = json(&text(row, 6)?)?;
    let domains: Vec<String> = json(&text(row, 7)?)?;
    let domains = domains.iter().map(|domain| Host::parse_name(domain));
    let tenant = Tenant::new(id, slug, plan)
        .with_name(text(row, 2)?)
        .with_status(text(row, 4)?.parse().map_err(unreadable)?)
        .with_domains(domains.collect::<Result<Vec<_>, _>>().map_err(unreadable)?)
        .with_placement(text(row, 8)?.parse().map_err(unreadable)?)
        .with_version(i64::from_value(row.take(5, Kind::Int)?)?);
    // Most tenants share the empty one.
    let tenant =
        if overrides == Overrides::new() { tenant } else { tenant.with_overrides(overrides) };
    Ok(Arc::new(tenant))
}

pub(super) fn with_api_key(
    plans: &PlanCatalogue,
    row: &mut dyn Row,
) -> Result<DirectoryEntry, Error> {
    let tenant = tenant(plans, row)?;
    let id = String::from_value(row.take(BEHIND_TENANT, Kind::Text)?)?;
    let expiry = Option::<OffsetDateTime>::from_value(row.take(BEHIND_TENANT + 1, Kind::Time)?)?;
    let scopes = Option::<String>::from_value(row.take(BEHIND_TENANT + 2, Kind::Text)?)?;
    let networks: Vec<String> =
        json(&String::from_value(row.take(BEHIND_TENANT + 3, Kind::Text)?)?)?;
    let mut key = ApiKey::new(id, tenant.id())
        .with_networks(networks.iter().map(String::as_str))
        .map_err(unreadable)?;
    if let Some(expiry) = expiry {
        key = key.with_expiry(expiry);
    }
    if let Some(scopes) = scopes {
        key = key.with_scopes(json::<Vec<String>>(&scopes)?);
    }
    Ok(DirectoryEntry::of_api_key(tenant, Arc::new(key)))
}

pub(super) fn with_session(
    plans: &PlanCatalogue,
    row: &mut dyn Row,
) -> Result<DirectoryEntry, Error> {
    let tenant = tenant(plans, row)?;
    let id = String::from_value(row.take(BEHIND_TENANT, Kind::Text)?)?;
    let actor: StoredActor = json(&String::from_value(row.take(BEHIND_TENANT + 1, Kind::Text)?)?)?;
    let end = OffsetDateTime::from_value(row.take(BEHIND_TENANT + 2, Kind::Time)?)?;
    let session = Session::new(id, tenant.id(), actor.try_into()?, end);
    Ok(DirectoryEntry::of_session(tenant, Arc::new(session)))
}

/// An actor as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredActor {
    kind: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<Box<StoredActor>>,
}

impl From<&Actor> for StoredActor {
    fn from(actor: &Actor) -> Self {
        Self {
            kind: actor.kind().as_str().to_owned(),
            id: actor.id().to_owned(),
            scopes: actor.scopes().map(|scopes| scopes.map(str::to_owned).collect()),
            on_behalf_of: actor.acts_for().map(|actor| Box::new(actor.into())),
        }
    }
}

impl TryFrom<StoredActor> for Actor {
    type Error = Error;

    fn try_from(stored: StoredActor) -> Result<Self, Error> {
        let kinds = [ActorKind::User, ActorKind::ApiKey, ActorKind::System];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == stored.kind);
        let kind = kind.ok_or_else(|| Error::new(ErrorKind::Internal, "read an actor's kind"))?;
        let mut actor = Self::new(kind, stored.id);
        if let Some(scopes) = stored.scopes {
            actor = actor.with_scopes(scopes);
        }
        match stored.on_behalf_of {
            Some(principal) => Ok(actor.on_behalf_of(Self::try_from(*principal)?)),
            None => Ok(actor),
        }
    }
}

/// Reads what this crate wrote.
fn json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|source| {
        Error::new(ErrorKind::Internal, "read a tenant's record").with_source(source)
    })
}

/// A fault of ours, not of the caller who happens to name the tenant.
fn unreadable(source: Error) -> Error {
    Error::new(ErrorKind::Internal, "read a tenant's record").with_source(source)
}
