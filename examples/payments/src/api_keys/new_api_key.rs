use std::collections::BTreeSet;

use serde::Deserialize;
use tenancy_axum::CurrentAccess;
use tenancy_core::access::{Grant, Permission, Scope};
use tenancy_core::{Error, ErrorKind, Problem, Tenant};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::api_key::{ApiKeyRecord, KeyMode};
use crate::access::Role;
use crate::ids::ApiKeyId;
use crate::line::Line;

/// What it takes to make a key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApiKey {
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "till 7")]
    name: Line<100>,
    mode: KeyMode,
    /// Permissions, of those that its maker has and keys can have: `GET /v1/roles`.
    #[schema(value_type = Vec<String>, min_items = 1, example = json!(["payments:create"]))]
    scopes: BTreeSet<Permission>,
    /// Addresses and networks it may be used from; without them, everywhere.
    #[serde(default)]
    #[schema(example = json!(["192.0.2.0/24"]))]
    networks: BTreeSet<String>,
    /// When it ends; without it, when it is revoked.
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

impl NewApiKey {
    /// Checks it against who makes it, and against the plan.
    ///
    /// # Errors
    ///
    /// 403 `permission_denied` for a scope that the maker has not, 403 `feature_not_in_plan` for
    /// a live key, 422 `field_invalid`.
    pub(super) fn checked(
        self,
        access: &CurrentAccess,
        tenant: &Tenant,
        now: OffsetDateTime,
    ) -> Result<ApiKeyRecord, Problem> {
        let Self { name, mode, scopes, networks, expires_at } = self;
        if mode == KeyMode::Live {
            tenant.feature("api_access").require()?;
        }
        may_give(access, &scopes)?;
        if expires_at.is_some_and(|end| end <= now) {
            return Err(invalid("expires_at", "a time to come is expected"));
        }
        if networks.len() > 50
            || networks.iter().any(|network| network.contains(char::is_whitespace))
        {
            return Err(invalid("networks", "at most 50 addresses or networks are expected"));
        }
        let actor = access.access().actor();
        let scopes: Vec<_> = scopes.iter().map(Permission::as_str).collect();
        let networks: Vec<_> = networks.into_iter().collect();
        let record = ApiKeyRecord {
            id: ApiKeyId::generate(),
            tenant_id: tenant.id(),
            name: name.into_string(),
            hint: String::new(),
            mode,
            scopes: scopes.join(" "),
            networks: networks.join(" "),
            made_by: format!("{}:{}", actor.kind().as_str(), actor.id()),
            created_at: now,
            expires_at,
            revoked_at: None,
            replaced_by: None,
            version: 1,
        };
        match record.in_directory() {
            Ok(_) => Ok(record),
            Err(_) => {
                Err(invalid("networks", "addresses or networks such as 192.0.2.0/24 are expected"))
            }
        }
    }
}

/// Nobody gives a key more than he may do himself, nor what no key may.
pub(super) fn may_give(
    access: &CurrentAccess,
    scopes: &BTreeSet<Permission>,
) -> Result<(), Problem> {
    let catalogue = access.access().catalogue();
    let role = tenancy_core::access::RoleName::from_static(Role::ApiKey.as_str());
    let of_keys: Vec<_> = catalogue.role_permissions(&role).into_iter().flatten().collect();
    if scopes.is_empty() || scopes.iter().any(|scope| !of_keys.contains(&scope)) {
        return Err(invalid(
            "scopes",
            "permissions that keys can have are expected: GET /v1/roles",
        ));
    }
    let grant = Grant::permissions("key", scopes.iter().cloned(), Scope::TENANT);
    if access.access().may_give(&grant) {
        return Ok(());
    }
    let message = "make a key: a scope is not permitted to its maker";
    Err(Problem::from(Error::new(ErrorKind::Forbidden, message)).with_param("scopes"))
}

fn invalid(param: &'static str, detail: &'static str) -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid").with_param(param).with_detail(detail)
}
