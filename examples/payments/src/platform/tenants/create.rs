use std::sync::Arc;

use kit::identity::EmailAddress;
use serde::Deserialize;
use tenancy_core::{
    Error, ErrorKind, Overrides, Problem, Tenant, TenantDirectory as _, TenantId, TenantKey,
    TenantSlug, TenantStatus,
};
use utoipa::ToSchema;

use super::TenantLife;
use super::edit::{plan, with};
use super::view::CURRENCY;
use crate::access::Role;
use crate::app::App;
use crate::line::Line;
use crate::money::Currency;
use crate::people::invite;

/// What it takes to make a tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTenant {
    /// One label of a host: `a-z`, `0-9` and `-`.
    #[schema(example = "harbor")]
    slug: String,
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "Harbor Bank")]
    name: Line<200>,
    #[schema(example = "professional")]
    plan: String,
    #[schema(value_type = String, example = "USD")]
    currency: Currency,
    owner: NewOwner,
}

/// Who answers for it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOwner {
    #[schema(value_type = String, format = Email, example = "mara@harbor.example")]
    email: EmailAddress,
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "Mara Lindqvist")]
    name: Line<200>,
}

/// What the platform needs for itself, or what would pass for it.
const RESERVED: [&str; 14] = [
    "platform", "admin", "api", "app", "auth", "docs", "health", "inbound", "login", "mail",
    "ready", "static", "status", "support",
];

/// Makes a tenant and invites its owner. Nothing is served for it before that is done.
///
/// Where it was stopped on the way, the same again goes on.
pub(super) async fn create(app: &App, new: NewTenant) -> Result<Arc<Tenant>, Problem> {
    let slug = slug(&new.slug)?;
    let plan = plan(app, &new.plan)?;
    let found = app.tenants().find(&TenantKey::Slug(slug.clone())).await?;
    let tenant = match found.map(|entry| entry.tenant) {
        Some(begun) if is_same(&begun, &new) => begun,
        Some(other) => {
            release(app, &other).await?;
            insert(app, slug, plan, &new).await?
        }
        None => insert(app, slug, plan, &new).await?,
    };
    let NewOwner { email, name } = &new.owner;
    invite::invite(app, &tenant, email, name.as_ref(), Role::Owner).await?;
    app.tenants().set_status(tenant.id(), TenantStatus::Active).await?;
    tracing::info!(tenant.id = %tenant.id(), "a tenant was made");
    let made = app.tenants().find(&TenantKey::Id(tenant.id())).await?;
    Ok(made.ok_or_else(gone)?.tenant)
}

async fn insert(
    app: &App,
    slug: TenantSlug,
    plan: Arc<tenancy_core::Plan>,
    new: &NewTenant,
) -> Result<Arc<Tenant>, Problem> {
    let overrides = Overrides::new().with_setting(CURRENCY, new.currency.code());
    let tenant = Tenant::new(TenantId::generate(), slug, plan)
        .with_name(new.name.as_ref())
        .with_overrides(overrides)
        .with_status(TenantStatus::Provisioning);
    match app.tenants().insert(&tenant).await {
        Ok(()) => Ok(Arc::new(tenant)),
        Err(error) if error.kind() == ErrorKind::Conflict => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// Tells whether this was begun with the same words and not finished.
fn is_same(begun: &Tenant, new: &NewTenant) -> bool {
    begun.status() == TenantStatus::Provisioning
        && begun.name() == new.name.as_ref()
        && begun.plan().name() == new.plan
        && begun.setting(CURRENCY) == Some(new.currency.code())
}

/// Takes the slug from a tenant that is long gone; refuses for any other.
async fn release(app: &App, other: &Tenant) -> Result<(), Problem> {
    let life = TenantLife::of(app.db(), other.id()).await?;
    let is_free = other.status() == TenantStatus::Closed
        && life.slug_free_at.is_some_and(|free_at| free_at <= app.now());
    if !is_free {
        return Err(taken());
    }
    let gone = TenantSlug::parse(&format!("gone-{:x}", other.id().uuid().as_u128()))?;
    app.tenants().update(&with(other).slug(gone).record()).await?;
    Ok(())
}

fn slug(text: &str) -> Result<TenantSlug, Problem> {
    let slug = TenantSlug::parse(text).map_err(|_| {
        Problem::new(422, "field_invalid", "A field is not valid")
            .with_param("slug")
            .with_detail("one label of a host is expected, in lower case")
    })?;
    if RESERVED.contains(&slug.as_str()) || slug.as_str().starts_with("gone-") {
        let problem = Problem::new(422, "slug_reserved", "The platform keeps this name for itself");
        return Err(problem.with_param("slug"));
    }
    Ok(slug)
}

fn taken() -> Problem {
    Problem::new(409, "slug_taken", "A tenant has this slug, or has had it lately")
        .with_param("slug")
}

fn gone() -> Error {
    Error::new(ErrorKind::TenantUnknown, "make a tenant: it is not there any more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_names_are_the_platforms() {
        for good in ["harbor", "summit-2", "plat-form"] {
            assert_eq!(slug(good).unwrap().as_str(), good);
        }
        for (bad, code) in [
            ("platform", "slug_reserved"),
            ("support", "slug_reserved"),
            ("gone-1", "slug_reserved"),
            ("Harbor", "field_invalid"),
            ("a.b", "field_invalid"),
            ("www", "field_invalid"),
            ("", "field_invalid"),
        ] {
            assert_eq!(slug(bad).unwrap_err().code(), code, "{bad:?}");
        }
    }
}
