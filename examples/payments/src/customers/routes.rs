use axum::extract::State;
use http::StatusCode;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Customer;
use super::capabilities::{CreateCustomers, ViewCustomers};
use super::customer::CustomerView;
use super::new_customer::NewCustomer;
use crate::app::App;
use crate::ids::{CustomerId, PathId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get))
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
) -> Result<Json<CustomerView>, Problem> {
    let customer = tx.repo::<Customer>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(customer.into()))
}
