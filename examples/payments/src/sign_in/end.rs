use std::collections::BTreeMap;

use tenancy_core::{Actor, ActorKind, Error, List, SessionSecret, TenantId};

use super::session::SignIn;
use crate::app::App;
use crate::ids::{SessionId, UserId};
use crate::tokens;

/// Ends one session, by its cookie.
pub(super) async fn end(app: &App, tenant: TenantId, secret: &SessionSecret) -> Result<(), Error> {
    app.people().directory.end_session(tenant, secret).await.map(drop)
}

/// Ends all sessions of somebody at a tenant, and what renews the tokens of programs.
pub(crate) async fn end_all(app: &App, tenant: TenantId, user: UserId) -> Result<(), Error> {
    /// So many are ended at a time.
    const AT_ONCE: u16 = 100;

    loop {
        let of_user = List::oldest(AT_ONCE).filter(SignIn::USER_ID.eq(user));
        let found = app.db().read_latest(tenant).repo::<SignIn>().list(of_user).await?;
        for sign_in in &found.items {
            let id = sign_in.id.to_string();
            app.people().directory.end_session_by_id(tenant, &id).await?;
        }
        // Behind the sessions: what is stopped in between is found again.
        let mut tx = app.db().tenant(tenant);
        for sign_in in &found.items {
            tx.repo::<SignIn>().delete(&sign_in.id).await?;
        }
        tokens::forget(&mut tx, user).await?;
        tx.commit().await?;
        if !found.has_more {
            return Ok(());
        }
    }
}

/// Ends all sessions of somebody, at all tenants.
pub(super) async fn end_everywhere(app: &App, user: UserId) -> Result<(), Error> {
    let actor = Actor::new(ActorKind::User, user.to_string());
    let mut ended = BTreeMap::<TenantId, Vec<SessionId>>::new();
    for (tenant, id) in app.people().directory.end_sessions_cross_tenant(&actor).await? {
        if let Ok(id) = id.parse() {
            ended.entry(tenant).or_default().push(id);
        }
    }
    for (tenant, ids) in ended {
        let mut tx = app.db().tenant(tenant);
        for id in ids {
            tx.repo::<SignIn>().delete(&id).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
