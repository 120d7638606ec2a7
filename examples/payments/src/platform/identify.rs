use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue};
use kit::audit::PlatformActor;
use tenancy_core::{Error, Host, Problem};

use super::session::token_of;
use super::{PlatformSession, PlatformUser};
use crate::app::App;

/// Finds out who of the platform's people asks. It refuses nobody who is nobody: that is for
/// [`PlatformPermitted`](super::PlatformPermitted).
///
/// At a tenant's host there is no platform: what is shown there, a tenant may have had a hand in.
pub(crate) async fn identify(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match Host::of(&parts) {
        Ok(Some(host)) if host.as_str() != app.base_domain() => {
            return kit::no_such_route().await.into_response();
        }
        Ok(_) => {}
        Err(error) => return Problem::from(error).into_response(),
    }
    let who = if parts.method.is_safe() || is_same_origin(&parts.headers) {
        user_of(&app, &parts.headers).await
    } else {
        Ok(None)
    };
    match who {
        Ok(Some(user)) => {
            parts.extensions.insert(PlatformActor(user.party()));
            parts.extensions.insert(Arc::new(user));
        }
        Ok(None) => {}
        Err(error) => return Problem::from(error).into_response(),
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Tells whether a page of this very host, or no page at all, made the browser ask. Tenants' hosts
/// are of the same site, so that the cookie's `SameSite` does not keep their pages out.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let only = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        (values.next().map(HeaderValue::as_bytes), values.next().is_some())
    };
    match only(&SEC_FETCH_SITE) {
        (_, true) => return false,
        (Some(site), false) => return site == b"same-origin" || site == b"none",
        (None, false) => {}
    }
    match (only(&ORIGIN), headers.get(HOST)) {
        ((None, _), _) => true,
        ((Some(origin), false), Some(host)) => {
            let authority = origin.splitn(3, |byte| *byte == b'/').nth(2);
            authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_bytes()))
        }
        _ => false,
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

async fn user_of(app: &App, headers: &HeaderMap) -> Result<Option<PlatformUser>, Error> {
    // A session of the platform comes alone: beside a tenant's credential it might be meant for
    // something else than it is used for.
    if headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let Some(token) = token_of(headers) else { return Ok(None) };
    let mut tx = app.db().read_shared();
    let session = tx.repo::<PlatformSession>().get(&token.hash()).await?;
    let now = app.now();
    let Some(session) = session.filter(|session| !session.is_over(now)) else { return Ok(None) };
    let user = tx.repo::<PlatformUser>().get(&session.email).await?;
    drop(tx);
    if let Some(kept) = session.kept(now) {
        keep(app, kept).await;
    }
    Ok(user)
}

/// Somebody works with it. Who signs out at the same time has signed out.
async fn keep(app: &App, session: PlatformSession) {
    let mut tx = app.db().shared();
    let kept = match tx.repo::<PlatformSession>().update(session).await {
        Ok(_) => tx.commit().await,
        Err(error) => Err(error),
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "a session of the platform is not kept open");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_page_asks_for_a_change() {
        let asked = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            is_same_origin(&headers)
        };
        let host = ("host", "pay.example:8080");
        for good in [
            &[host][..],
            &[host, ("origin", "https://pay.example:8080")],
            &[host, ("sec-fetch-site", "same-origin")],
            &[host, ("sec-fetch-site", "none")],
        ] {
            assert!(asked(good), "{good:?}");
        }
        for bad in [
            &[host, ("sec-fetch-site", "same-site")][..],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "none"), ("sec-fetch-site", "same-site")],
            &[host, ("origin", "https://harbor.pay.example:8080")],
            &[host, ("origin", "null")],
            &[host, ("origin", "https://pay.example:8080"), ("origin", "https://x.example")],
            &[("origin", "https://pay.example:8080")],
        ] {
            assert!(!asked(bad), "{bad:?}");
        }
    }
}
