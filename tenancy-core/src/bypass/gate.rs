use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{Extensions, HeaderMap};

use super::{Bypass, BypassAuthority, BypassJudge, BypassPurpose};
use crate::audit::{AuditAction, AuditEvent};
use crate::{Error, ErrorKind, RequestId, TenantContext};

/// Gives requests their bypass: a judge decides, an authority grants.
///
/// `BypassLayer` of `tenancy-axum` leaves one in each request, and a handler asks for a
/// [`Bypass`] as an argument. The caller says why in the header `x-bypass-reason`.
#[derive(Clone)]
pub struct BypassGate(Arc<Inner>);

struct Inner {
    authority: BypassAuthority,
    judge: Box<dyn BypassJudge>,
    lasts: Duration,
}

const REASON: &str = "x-bypass-reason";

impl BypassGate {
    /// Makes a gate whose bypasses last five minutes: as long as a request may take.
    pub fn new(authority: BypassAuthority, judge: impl BypassJudge) -> Self {
        let lasts = Duration::from_mins(5);
        Self(Arc::new(Inner { authority, judge: Box::new(judge), lasts }))
    }

    /// Leaves the gate in a request.
    pub fn attach(self, extensions: &mut Extensions) {
        extensions.insert(self);
    }

    /// Returns the gate of a request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when nobody has left one: a layer is missing.
    pub fn attached(extensions: &Extensions) -> Result<&Self, Error> {
        extensions.get::<Self>().ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                "open a bypass: add BypassLayer, outside of what needs it",
            )
        })
    }

    /// Grants a request's bypass. A refusal is told to the auditor.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`] when the judge refuses; [`ErrorKind::Invalid`] when the request
    /// gives no good reason; what the judge says; and as [`BypassAuthority::grant`].
    pub async fn open<P: BypassPurpose>(&self, parts: &Parts) -> Result<Bypass<P>, Error> {
        let Inner { authority, judge, lasts } = &*self.0;
        let context = parts.extensions.get::<TenantContext>();
        let caller = context.and_then(TenantContext::actor);
        let Some(actor) = judge.judge(P::NAME, caller, parts).await? else {
            let event = of_request(authority.event(AuditAction::BYPASS_REFUSED), parts);
            authority.refused(P::NAME, caller, event);
            return Err(Error::new(ErrorKind::Forbidden, "open a bypass: it is not permitted"));
        };
        // Only whoever may have one learns what a good reason is.
        let reason = reason(&parts.headers)?;
        let lasts = (*lasts).min(authority.longest_time());
        authority.grant_in(actor, reason, lasts, |event| of_request(event, parts)).await
    }
}

fn reason(headers: &HeaderMap) -> Result<&str, Error> {
    let mut values = headers.get_all(REASON).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let message = "give a reason for the bypass: one header x-bypass-reason";
        return Err(Error::invalid(REASON, message));
    };
    std::str::from_utf8(value.as_bytes())
        .map_err(|_| Error::invalid(REASON, "give a reason for the bypass: it is not UTF-8"))
}

/// Adds what is known of a request.
fn of_request(mut event: AuditEvent, parts: &Parts) -> AuditEvent {
    let context = parts.extensions.get::<TenantContext>();
    if let Some(address) = context.and_then(TenantContext::client_addr) {
        event = event.with_client_addr(address);
    }
    if let Some(id) = parts.extensions.get::<RequestId>() {
        event = event.with_request_id(id.clone());
    }
    event.with_detail("method", parts.method.as_str()).with_detail("path", parts.uri.path())
}

impl fmt::Debug for BypassGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BypassGate").field("authority", &self.0.authority).finish_non_exhaustive()
    }
}
