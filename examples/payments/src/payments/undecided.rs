use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::ViewPayments;
use super::{Payment, PaymentView};
use crate::app::App;
use crate::ids::PaymentId;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the payments of which somebody has to find out what has become of them, the newest first
///
/// Their attempts, captures and refunds tell what is in doubt.
#[utoipa::path(
    get,
    path = "/v1/payments/undecided",
    tag = "payments",
    security(("bearer" = ["payments:view"])),
    params(PageParams),
    responses(
        (status = 200, body = List<PaymentView>),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewPayments>,
    mut tx: TenantTx,
    query: PageQuery<PaymentId>,
) -> Result<Json<List<PaymentView>>, Problem> {
    let undecided = Payment::NEEDS_DECISION_SINCE.is_some();
    let undecided = tenancy_core::List::from(query.page()).filter(undecided);
    let payments = tx.repo::<Payment>().list(undecided).await?;
    Ok(Json(List::of(payments, PaymentView::from)))
}
