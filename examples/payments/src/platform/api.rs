use utoipa_axum::router::OpenApiRouter;

use super::{audit, sign_in, tenants, usage};
use crate::app::App;
use crate::support;

/// Returns the routes of the platform's own people.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(sign_in::router())
        .merge(tenants::routes::router())
        .merge(tenants::lifecycle::router())
        .merge(usage::router())
        .merge(support::platform::router())
        .merge(audit::router())
}
