use axum::extract::State;
use http::StatusCode;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use serde::Deserialize;
use tenancy_axum::Permitted;
use tenancy_core::domain::{DomainChallenge, DomainRules};
use tenancy_core::{Error, ErrorKind, Page, Problem, TenantId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OwnDomain;
use super::capabilities::{ManageDomains, ViewDomains};
use super::domain::DomainView;
use super::verify::verify;
use crate::app::App;
use crate::ids::{DomainId, PathId, missing};
use crate::people::HomeTenant;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, delete))
        .routes(routes!(check))
}

/// Which domain is the tenant's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDomain {
    /// As people write it; other letters than ASCII become A-labels.
    #[schema(example = "pay.harbor.example")]
    domain: String,
}

/// So many a tenant may have.
const MOST: u16 = 20;

/// List the tenant's own domains, the newest first
#[utoipa::path(
    get,
    path = "/v1/domains",
    tag = "domains",
    security(("bearer" = ["domains:view"])),
    params(PageParams),
    responses((status = 200, body = List<DomainView>))
)]
async fn list(
    _: Permitted<ViewDomains>,
    State(app): State<App>,
    tenant: HomeTenant,
    query: PageQuery<DomainId>,
) -> Result<Json<List<DomainView>>, Problem> {
    let domains = app.db().read(tenant.id()).repo::<OwnDomain>().list(query.page()).await?;
    Ok(Json(List::try_of(domains, OwnDomain::view)?))
}

/// Read a domain
#[utoipa::path(
    get,
    path = "/v1/domains/{id}",
    tag = "domains",
    security(("bearer" = ["domains:view"])),
    params(("id" = DomainId, Path)),
    responses(
        (status = 200, body = DomainView),
        (status = 404, description = "There is no such domain", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewDomains>,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<DomainId>,
) -> Result<Json<DomainView>, Problem> {
    Ok(Json(found(&app, tenant.id(), id).await?.view()?))
}

/// Add a domain
///
/// It is pending until the TXT record in the answer is in the DNS, and somebody has it verified.
#[utoipa::path(
    post,
    path = "/v1/domains",
    tag = "domains",
    security(("bearer" = ["domains:manage"])),
    request_body = NewDomain,
    responses(
        (status = 201, body = DomainView),
        (status = 409, description = "The tenant has it, or too many", body = ProblemBody),
        (status = 422, description = "No tenant can own it", body = ProblemBody),
    )
)]
async fn add(
    _: Permitted<ManageDomains>,
    State(app): State<App>,
    tenant: HomeTenant,
    Json(NewDomain { domain }): Json<NewDomain>,
) -> Result<(StatusCode, Json<DomainView>), Problem> {
    let rules = DomainRules::platform([app.base_domain()])?;
    let host = rules.check(&domain).map_err(|error| not_ownable(&error))?;
    let mut tx = app.db().tenant(tenant.id());
    if tx.repo::<OwnDomain>().list(Page::newest(MOST)).await?.items.len() >= usize::from(MOST) {
        return Err(Problem::new(409, "domain_limit_reached", "The tenant has no more domains"));
    }
    let new = OwnDomain::new(tenant.id(), &DomainChallenge::generate(host)?, app.now());
    let added = match tx.repo::<OwnDomain>().insert(new).await {
        Err(error) if error.kind() == ErrorKind::Conflict => return Err(exists()),
        other => other?,
    };
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(added.view()?)))
}

/// Verify a domain
///
/// The DNS is asked now. A domain is verified for one tenant at most.
#[utoipa::path(
    post,
    path = "/v1/domains/{id}/verify",
    tag = "domains",
    security(("bearer" = ["domains:manage"])),
    params(("id" = DomainId, Path)),
    responses(
        (status = 200, body = DomainView),
        (status = 404, description = "There is no such domain", body = ProblemBody),
        (status = 409, description = "It is another tenant's", body = ProblemBody),
        (status = 422, description = "The record is not in the DNS", body = ProblemBody),
        (status = 503, description = "The DNS does not answer", body = ProblemBody),
    )
)]
async fn check(
    _: Permitted<ManageDomains>,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<DomainId>,
) -> Result<Json<DomainView>, Problem> {
    let domain = found(&app, tenant.id(), id).await?;
    Ok(Json(verify(&app, tenant.id(), domain).await?.view()?))
}

/// Take a domain away
///
/// On every node within a second its host is nobody's.
#[utoipa::path(
    delete,
    path = "/v1/domains/{id}",
    tag = "domains",
    security(("bearer" = ["domains:manage"])),
    params(("id" = DomainId, Path)),
    responses(
        (status = 204, description = "It is the tenant's no more"),
        (status = 404, description = "There is no such domain", body = ProblemBody),
    )
)]
async fn delete(
    _: Permitted<ManageDomains>,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<DomainId>,
) -> Result<StatusCode, Problem> {
    let domain = found(&app, tenant.id(), id).await?;
    // First the host: where it is stopped behind this, the rest can be asked for again.
    app.tenants().remove_domain(tenant.id(), &domain.host()?).await?;
    let mut tx = app.db().tenant(tenant.id());
    tx.repo::<OwnDomain>().delete(&id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn found(app: &App, tenant: TenantId, id: DomainId) -> Result<OwnDomain, Problem> {
    let found = app.db().read_latest(tenant).repo::<OwnDomain>().get(&id).await?;
    found.ok_or_else(missing)
}

fn not_ownable(error: &Error) -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid")
        .with_param("domain")
        .with_detail(error.to_string())
}

fn exists() -> Problem {
    Problem::new(409, "domain_exists", "The tenant has this domain already").with_param("domain")
}
