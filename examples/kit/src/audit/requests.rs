use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use tenancy_core::audit::{AuditAction, AuditEvent, AuditOutcome, Auditor};
use tenancy_core::{Actor, ActorKind, Error, Problem, TenantContext};

use super::{Audited, name};

/// Tells the auditor of each request that asks for a change, how it ended, and of each look at what a
/// handler marks as [`Audited`]. Of whoever acts on another's behalf it tells each look.
///
/// A person's look is recorded before the answer goes out: one that cannot be recorded is not shown,
/// and answered like any store that is away. A program's look, and a change after it was made, are told
/// without waiting.
///
/// Put it on a router with [`axum::middleware::from_fn`], inside of the `TenantLayer` that has the
/// auditor. Requests of no tenant pass.
///
/// # Cancel safety
///
/// A caller that hangs up while a change is made leaves no event of it, though the change may stand.
pub async fn audit_requests(request: Request, next: Next) -> Response {
    let Some(seen) = Seen::of(&request) else { return next.run(request).await };
    let mut response = next.run(request).await;
    let audited = response.extensions_mut().remove::<Audited>();
    match seen.tell(audited, response.status()).await {
        Ok(()) => response,
        Err(problem) => problem.into_response(),
    }
}

/// What there is to say of a request before it is answered.
struct Seen {
    auditor: Auditor,
    context: TenantContext,
    method: Method,
    route: MatchedPath,
    path: String,
}

impl Seen {
    fn of(request: &Request) -> Option<Self> {
        let extensions = request.extensions();
        Some(Self {
            auditor: Auditor::attached(extensions).ok()?.clone(),
            context: TenantContext::attached(extensions).ok()??.clone(),
            method: request.method().clone(),
            route: extensions.get::<MatchedPath>()?.clone(),
            path: request.uri().path().to_owned(),
        })
    }

    async fn tell(self, audited: Option<Audited>, status: StatusCode) -> Result<(), Problem> {
        if self.method.is_safe() {
            return match audited {
                Some(audited) => {
                    let event = self.auditor.event(&self.context, AuditAction::DATA_READ);
                    Ok(self.look(with(event, audited)).await?)
                }
                None if self.acts_for_another() => {
                    let event = self.auditor.event(&self.context, AuditAction::DATA_READ);
                    let event = event.with_detail("route", self.route.as_str());
                    let event = match name::resource(self.route.as_str(), &self.path) {
                        Some(named) => event.with_resource(named),
                        None => event,
                    };
                    Ok(self.look(event.with_outcome(outcome(status))).await?)
                }
                None => Ok(()),
            };
        }
        let event =
            self.auditor.event(&self.context, name::action(&self.method, self.route.as_str()));
        let event = match (audited, name::resource(self.route.as_str(), &self.path)) {
            (Some(audited), _) => with(event, audited),
            (None, Some(named)) => event.with_resource(named),
            (None, None) => event,
        };
        let event = event.with_outcome(outcome(status)).with_detail("status", status.as_str());
        self.auditor.tell(event);
        Ok(())
    }

    fn acts_for_another(&self) -> bool {
        self.context.actor().and_then(Actor::acts_for).is_some()
    }

    async fn look(&self, event: AuditEvent) -> Result<(), Error> {
        let is_person = self.context.actor().is_some_and(|it| it.kind() == ActorKind::User);
        if is_person {
            return self.auditor.record(event).await;
        }
        self.auditor.tell(event);
        Ok(())
    }
}

pub(super) fn with(event: AuditEvent, audited: Audited) -> AuditEvent {
    let Audited { resource, owner, changes } = audited;
    let event = event.with_resource(resource);
    let event = match owner {
        Some(owner) => event.with_owner(owner),
        None => event,
    };
    changes.iter().fold(event, |event, (field, before, after)| {
        event.with_change(field, before.as_deref(), after.as_deref())
    })
}

pub(super) fn outcome(status: StatusCode) -> AuditOutcome {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => AuditOutcome::Denied,
        status if status.is_client_error() || status.is_server_error() => AuditOutcome::Failed,
        _ => AuditOutcome::Succeeded,
    }
}
