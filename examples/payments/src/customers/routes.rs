use axum::extract::State;
use http::StatusCode;
use http::{HeaderName, HeaderValue};
use kit::{IfMatch, Json, List, PageParams, PageQuery, ProblemBody, etag};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Customer;
use super::capabilities::{ChangeCustomers, CreateCustomers, ViewCustomers};
use super::changes::Changes;
use super::customer::CustomerView;
use super::new_customer::NewCustomer;
use crate::app::App;
use crate::ids::{CustomerId, PathId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, change, delete))
        .routes(routes!(restore))
}

/// Make a customer
#[utoipa::path(
    post,
    path = "/v1/customers",
    tag = "customers",
    security(("bearer" = ["customers:create"])),
    request_body = NewCustomer,
    responses(
        (status = 201, body = CustomerView),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn create(
    _: Permitted<CreateCustomers>,
    State(app): State<App>,
    mut tx: TenantTx,
    Json(new): Json<NewCustomer>,
) -> Result<(StatusCode, Json<CustomerView>), Problem> {
    let customer = tx.repo::<Customer>().insert(new.made_at(app.now())).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(customer.into())))
}

/// List customers, the newest first
#[utoipa::path(
    get,
    path = "/v1/customers",
    tag = "customers",
    security(("bearer" = ["customers:view"])),
    params(PageParams),
    responses(
        (status = 200, body = List<CustomerView>),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewCustomers>,
    mut tx: TenantTx,
    query: PageQuery<CustomerId>,
) -> Result<Json<List<CustomerView>>, Problem> {
    let customers = tx.repo::<Customer>().list(query.page()).await?;
    Ok(Json(List::of(customers, CustomerView::from)))
}

/// Read a customer
///
/// Its `etag` names the version: send it as `if-match` to change nothing else.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}",
    tag = "customers",
    security(("bearer" = ["customers:view"])),
    params(("id" = CustomerId, Path)),
    responses(
        (status = 200, body = CustomerView),
        (status = 404, description = "There is no such customer", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewCustomers>,
    mut tx: TenantTx,
    PathId(id): PathId<CustomerId>,
) -> Result<Shown, Problem> {
    Ok(shown(tx.repo::<Customer>().get(&id).await?.ok_or_else(missing)?))
}

/// Change a customer
///
/// With `if-match` only while it has that version.
#[utoipa::path(
    patch,
    path = "/v1/customers/{id}",
    tag = "customers",
    security(("bearer" = ["customers:change"])),
    params(("id" = CustomerId, Path)),
    request_body = Changes,
    responses(
        (status = 200, body = CustomerView),
        (status = 404, description = "There is no such customer", body = ProblemBody),
        (status = 412, description = "It has changed meanwhile", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn change(
    _: Permitted<ChangeCustomers>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<CustomerId>,
    seen: IfMatch,
    Json(changes): Json<Changes>,
) -> Result<Shown, Problem> {
    let mut customer = tx.repo::<Customer>().get(&id).await?.ok_or_else(missing)?;
    seen.require(customer.version)?;
    changes.apply(&mut customer, app.now());
    let customer = tx.repo::<Customer>().update(customer).await?;
    tx.commit().await?;
    Ok(shown(customer))
}

/// Delete a customer
///
/// Its payments stay, and it can be brought back.
#[utoipa::path(
    delete,
    path = "/v1/customers/{id}",
    tag = "customers",
    security(("bearer" = ["customers:change"])),
    params(("id" = CustomerId, Path)),
    responses(
        (status = 204, description = "It is deleted"),
        (status = 404, description = "There is no such customer", body = ProblemBody),
        (status = 412, description = "It has changed meanwhile", body = ProblemBody),
    )
)]
async fn delete(
    _: Permitted<ChangeCustomers>,
    mut tx: TenantTx,
    PathId(id): PathId<CustomerId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let customer = tx.repo::<Customer>().get(&id).await?.ok_or_else(missing)?;
    seen.require(customer.version)?;
    if !tx.repo::<Customer>().delete(&id).await? {
        return Err(missing());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Bring a deleted customer back
#[utoipa::path(
    post,
    path = "/v1/customers/{id}/restore",
    tag = "customers",
    security(("bearer" = ["customers:change"])),
    params(("id" = CustomerId, Path)),
    responses(
        (status = 200, body = CustomerView),
        (status = 404, description = "There is no such customer that is deleted",
            body = ProblemBody),
    )
)]
async fn restore(
    _: Permitted<ChangeCustomers>,
    mut tx: TenantTx,
    PathId(id): PathId<CustomerId>,
) -> Result<Shown, Problem> {
    if !tx.repo::<Customer>().restore(&id).await? {
        return Err(missing());
    }
    let customer = tx.repo::<Customer>().get(&id).await?.ok_or_else(missing)?;
    tx.commit().await?;
    Ok(shown(customer))
}

type Shown = ([(HeaderName, HeaderValue); 1], Json<CustomerView>);

fn shown(customer: Customer) -> Shown {
    (etag(customer.version), Json(customer.into()))
}
