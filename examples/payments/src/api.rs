//! The API and its description.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::{
    access, api_keys, audit, bulk, customers, disputes, domains, events, inbound, integrations,
    ledger, payments, people, plan, platform, probes, sign_in, support, tokens, usage, webhooks,
    workflows,
};

/// Returns the routes of tenants, with the description of all routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    let mut description = Description::openapi();
    description.merge(probes::router().into_openapi());
    description.merge(inbound::receive::router().into_openapi());
    description.merge(tokens::routes::published().into_openapi());
    description.merge(platform::router().into_openapi());
    OpenApiRouter::with_openapi(description)
        .merge(customers::routes::router())
        .merge(payments::routes::router())
        .merge(payments::undecided::router())
        .merge(payments::attempts::routes::router())
        .merge(payments::captures::routes::router())
        .merge(payments::refunds::routes::router())
        .merge(ledger::routes::router())
        .merge(ledger::corrections::routes::router())
        .merge(disputes::routes::router())
        .merge(workflows::routes::router())
        .merge(bulk::routes::router())
        .merge(workflows::approvals::router())
        .merge(events::routes::router())
        .merge(events::notifications::router())
        .merge(inbound::routes::router())
        .merge(webhooks::endpoints::router())
        .merge(webhooks::deliveries::router())
        .merge(plan::routes::router())
        .merge(integrations::routes::router())
        .merge(usage::router())
        .merge(access::routes::router())
        .merge(audit::routes::router())
        .merge(sign_in::routes::router())
        .merge(tokens::routes::router())
        .merge(people::routes::router())
        .merge(support::routes::router())
        .merge(domains::routes::router())
        .merge(api_keys::routes::router())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Payments",
        description = "Every route of `/v1` works for the tenant of the credential: an API key or \
            a token. A host or `x-tenant-id` that names another tenant is refused. Another \
            tenant's id answers like an id that nobody has.",
        license(name = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "payments"),
        (name = "refunds"),
        (name = "ledger", description = "Double entry: every debit has its credit"),
        (name = "workflows", description = "Which payments people have to agree to"),
        (name = "bulk", description = "Many payments from one file"),
        (name = "disputes", description = "What payers' banks take back"),
        (name = "customers"),
        (name = "events", description = "What has happened to a tenant's objects"),
        (name = "integrations", description = "Providers that a tenant is connected to"),
        (name = "access", description = "Who may do what"),
        (name = "webhooks", description = "Events, sent to where a tenant wants them"),
        (name = "auth", description = "Signing in and out, at a tenant's host"),
        (name = "domains", description = "Domains of a tenant's own"),
        (name = "members", description = "Who works for a tenant"),
        (name = "api-keys", description = "What programs use"),
        (name = "inbound", description = "Events of others"),
        (name = "usage", description = "What a tenant has used, and may use"),
        (name = "audit", description = "Who did what"),
        (name = "platform", description = "For the platform's own people"),
        (name = "probes", description = "For whoever runs the service")
    ),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", scheme);
        let cookie = ApiKeyValue::new("__Host-platform");
        components.add_security_scheme("platform", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}
