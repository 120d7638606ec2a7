use std::sync::Arc;

use http::StatusCode;
use metrics::SharedString;
use tenancy_core::TenantContext;
use tokio::time::Instant;

use super::audit;
use super::layer::{MetricsLayer, SlowRequest};

/// A request that is being served. It counts when it is dropped, by whatever way.
pub(super) struct Measured {
    layer: Arc<MetricsLayer>,
    context: Option<TenantContext>,
    tenant: SharedString,
    route: &'static str,
    started: Instant,
    /// `None` while there is no answer.
    status: Option<StatusCode>,
}

impl Measured {
    pub(super) fn start(
        layer: Arc<MetricsLayer>,
        context: Option<TenantContext>,
        route: &'static str,
    ) -> Self {
        let tenant = layer.labels.of(context.as_ref().map(TenantContext::tenant_id));
        Self { layer, context, tenant, route, started: Instant::now(), status: None }
    }

    pub(super) fn answered(mut self, status: StatusCode) {
        self.status = Some(status);
        let took = self.started.elapsed();
        let (tenant, route) = (self.tenant.clone(), self.route);
        metrics::histogram!("tenancy_request_seconds", "tenant" => tenant, "route" => route)
            .record(took.as_secs_f64());
        if let Some((threshold, tell)) = &self.layer.slow
            && took >= *threshold
        {
            tell(SlowRequest { context: self.context.as_ref(), route, took });
        }
        if let Some((threshold, auditor)) = &self.layer.audit
            && took >= *threshold
        {
            let slow = SlowRequest { context: self.context.as_ref(), route, took };
            audit::breached(auditor, *threshold, slow);
        }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let (tenant, route) = (self.tenant.clone(), self.route);
        if self.status == Some(StatusCode::TOO_MANY_REQUESTS) {
            let tenant = tenant.clone();
            metrics::counter!("tenancy_requests_limited_total", "tenant" => tenant, "route" => route)
                .increment(1);
        }
        let status = class(self.status);
        metrics::counter!(
            "tenancy_requests_total",
            "tenant" => tenant,
            "route" => route,
            "status" => status,
        )
        .increment(1);
    }
}

const fn class(status: Option<StatusCode>) -> &'static str {
    let Some(status) = status else { return "aborted" };
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
