use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use tenancy_axum::CurrentContext;
use tenancy_core::{Error, TenantId, TenantKey};

use super::session::{IDLE, SignIn, secret_of};
use crate::app::App;
use crate::ids::SessionId;

/// Keeps the session of a request open: somebody works with it.
///
/// Put it inside of the layer that finds the tenant.
pub(crate) async fn keep(
    State(app): State<App>,
    context: Option<CurrentContext>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(CurrentContext(context)) = context
        && let Err(error) = extend(&app, context.home_id(), request.headers()).await
    {
        tracing::warn!(%error, "a session is not kept open");
    }
    next.run(request).await
}

async fn extend(app: &App, tenant: TenantId, headers: &HeaderMap) -> Result<(), Error> {
    let Some(secret) = secret_of(headers) else { return Ok(()) };
    let key = TenantKey::SessionHash(secret.hash());
    let Some(entry) = app.directory().find(&key).await? else { return Ok(()) };
    let now = app.now();
    let session = entry.session.filter(|session| session.tenant() == tenant);
    let Some(session) = session.filter(|session| !session.is_expired(now)) else { return Ok(()) };
    // Written down once in a while, not with each request.
    if session.expires_at() - now > IDLE / 2 {
        return Ok(());
    }
    let Ok(id) = session.id().parse::<SessionId>() else { return Ok(()) };
    let found = app.db().read_latest(tenant).repo::<SignIn>().get(&id).await?;
    let Some(sign_in) = found else { return Ok(()) };
    let until = sign_in.idle_end(now);
    if until > session.expires_at() {
        app.people().directory.extend_session(tenant, session.id(), until).await?;
    }
    Ok(())
}
