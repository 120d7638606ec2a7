use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use tenancy_core::TenantId;
use tenancy_core::audit::{AuditImportance, AuditOutcome, AuditParty, Auditor};

use super::requests::{outcome, with};
use super::{Audited, name};

/// Who works on the platform itself. Whoever signs such people in puts it into the extensions of
/// their requests.
#[derive(Debug, Clone)]
pub struct PlatformActor(pub AuditParty);

/// Tells the auditor of each change that somebody of the platform asks for, and of each refusal, in
/// the log of the platform itself.
///
/// Put it on a router of no tenant with [`axum::middleware::from_fn_with_state`], inside of what
/// finds the [`PlatformActor`]. The words of `/platform` in front of a route are left out:
/// `POST /platform/v1/tenants/{id}/suspend` is `tenants.suspend`.
///
/// # Cancel safety
///
/// A caller that hangs up while a change is made leaves no event of it, though the change may stand.
pub async fn audit_platform(
    State(auditor): State<Auditor>,
    request: Request,
    next: Next,
) -> Response {
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let actor = request.extensions().get::<PlatformActor>().cloned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    let status = response.status();
    let audited = response.extensions_mut().remove::<Audited>();
    let is_refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if method.is_safe() && !is_refused {
        return response;
    }
    let of_platform = |text: &str| text.strip_prefix("/platform").unwrap_or(text).to_owned();
    let (route, path) = (of_platform(route.as_str()), of_platform(&path));
    let mut event = auditor.event_of(TenantId::PLATFORM, name::action(&method, &route));
    event = match (audited, name::resource(&route, &path)) {
        (Some(audited), _) => with(event, audited),
        (None, Some(named)) => event.with_resource(named),
        (None, None) => event,
    };
    event = event.with_outcome(outcome(status)).with_detail("status", status.as_str());
    match actor {
        Some(PlatformActor(actor)) => auditor.tell(event.with_actor(actor)),
        // Anybody can cause these as often as they like.
        None if event.outcome() != AuditOutcome::Succeeded => {
            auditor.tell_alike(AuditImportance::Normal, status.as_str(), event);
        }
        None => auditor.tell(event),
    }
    response
}
