use kit::notifications::{Notification, NotificationId, NotificationView};
use kit::{Json, List, PageParams, PageQuery};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::ViewNotifications;
use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List what the bank's people should know, the newest first
#[utoipa::path(
    get,
    path = "/v1/notifications",
    tag = "events",
    security(("bearer" = ["notifications:view"])),
    params(PageParams),
    responses((status = 200, body = List<NotificationView>))
)]
async fn list(
    _: Permitted<ViewNotifications>,
    mut tx: TenantTx,
    query: PageQuery<NotificationId>,
) -> Result<Json<List<NotificationView>>, Problem> {
    let notifications = tx.repo::<Notification>().list(query.page()).await?;
    Ok(Json(List::try_of(notifications, NotificationView::try_from)?))
}
