use serde::Serialize;
use tenancy_core::{Error, ErrorKind, Tenant};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::TenantLife;

/// The setting that a tenant's own currency is kept in.
pub(super) const CURRENCY: &str = "currency";

/// A tenant, as the platform's people see it: nothing of what is in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantView {
    #[schema(example = "01a22fc5-8f05-75ce-a8e6-6f776dca9af0")]
    pub(super) id: String,
    #[schema(example = "harbor")]
    slug: String,
    #[schema(example = "Harbor Bank")]
    name: String,
    #[schema(example = "professional")]
    plan: String,
    /// `provisioning`, `active`, `read_only`, `suspended` or `closed`.
    #[schema(example = "active")]
    status: String,
    #[schema(example = "row")]
    placement: String,
    #[schema(example = "USD")]
    currency: Option<String>,
    /// Verified domains of its own.
    domains: Vec<String>,
    /// Where it differs from its plan.
    #[schema(value_type = Object)]
    overrides: serde_json::Value,
    version: i64,
    /// When its data goes: it is being closed.
    #[serde(with = "time::serde::rfc3339::option")]
    purge_at: Option<OffsetDateTime>,
    /// When its data went.
    #[serde(with = "time::serde::rfc3339::option")]
    purged_at: Option<OffsetDateTime>,
}

impl TenantView {
    /// Returns the overrides as they are written down.
    pub(super) fn overrides_text(&self) -> String {
        self.overrides.to_string()
    }

    pub(super) fn of(tenant: &Tenant, life: &TenantLife) -> Result<Self, Error> {
        let overrides = serde_json::to_value(tenant.overrides()).map_err(|source| {
            Error::new(ErrorKind::Internal, "show a tenant's overrides").with_source(source)
        })?;
        Ok(Self {
            id: tenant.id().to_string(),
            slug: tenant.slug().to_string(),
            name: tenant.name().to_owned(),
            plan: tenant.plan().name().to_owned(),
            status: tenant.status().to_string(),
            placement: tenant.placement().to_string(),
            currency: tenant.setting(CURRENCY).map(ToOwned::to_owned),
            domains: tenant.domains().iter().map(|host| host.as_str().to_owned()).collect(),
            overrides,
            version: tenant.version(),
            purge_at: life.purge_at,
            purged_at: life.purged_at,
        })
    }
}
