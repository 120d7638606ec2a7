use tenancy_core::{BypassAuthority, BypassGate, BypassJudge};
use tower_layer::Layer;

use super::BypassService;

/// Lets handlers ask for a [`Bypass`](tenancy_core::Bypass), the capability to cross tenants.
///
/// A handler that takes one as an argument gets it when the judge says who may have it, when the
/// request says why in the header `x-bypass-reason`, and when that has been recorded. A refusal
/// is 403 `permission_denied`, and told to the auditor. Without this layer such a handler answers
/// 500, and the log says so.
///
/// Where callers are known by [`TenantLayer`](crate::TenantLayer), it goes inside of that one.
///
/// ```
/// use axum::{Router, routing::get};
/// use http::request::Parts;
/// use tenancy_axum::BypassLayer;
/// use tenancy_core::audit::{Auditor, TracingAuditSink};
/// use tenancy_core::{
///     Actor, ActorKind, Bypass, BypassAuthority, BypassJudge, BypassPurpose, Error, Problem, async_trait,
/// };
///
/// enum PlatformReports {}
///
/// impl BypassPurpose for PlatformReports {
///     const NAME: &'static str = "platform_reports";
/// }
///
/// /// Whoever came through the staff's proxy, which says who it is.
/// struct Staff;
///
/// #[async_trait]
/// impl BypassJudge for Staff {
///     async fn judge(
///         &self,
///         purpose: &'static str,
///         _actor: Option<&Actor>,
///         parts: &Parts,
///     ) -> Result<Option<Actor>, Error> {
///         let name = parts.extensions.get::<String>().filter(|_| purpose == "platform_reports");
///         Ok(name.map(|name| Actor::new(ActorKind::User, name.as_str())))
///     }
/// }
///
/// async fn totals(bypass: Bypass<PlatformReports>) -> Result<String, Problem> {
///     bypass.use_for("totals of all tenants").await?;
///     Ok("17".to_owned())
/// }
///
/// let authority = BypassAuthority::new(Auditor::new(TracingAuditSink));
/// let app: Router = Router::new()
///     .route("/platform/totals", get(totals))
///     .layer(BypassLayer::new(authority, Staff));
/// ```
#[derive(Debug, Clone)]
pub struct BypassLayer {
    gate: BypassGate,
}

impl BypassLayer {
    /// Asks this judge, and grants by this authority.
    pub fn new(authority: BypassAuthority, judge: impl BypassJudge) -> Self {
        Self { gate: BypassGate::new(authority, judge) }
    }
}

impl<S> Layer<S> for BypassLayer {
    type Service = BypassService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BypassService { inner, gate: self.gate.clone() }
    }
}
