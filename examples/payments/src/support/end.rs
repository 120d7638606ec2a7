use kit::notifications::Notification;
use tenancy_core::{Problem, TenantId};

use super::SupportGrant;
use super::grant::SupportGrantView;
use crate::app::App;

/// Ends a grant before its time: rights at once, the session on every node within a second.
pub(super) async fn end(
    app: &App,
    tenant: TenantId,
    grant: SupportGrant,
) -> Result<SupportGrant, Problem> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let ended = SupportGrant { ended_at: Some(now), ..grant };
    let ended = tx.repo::<SupportGrant>().update(ended).await?;
    let view = SupportGrantView::from(ended.clone());
    Notification::tell(&mut tx, "support_grant.ended", &view, now).await?;
    app.emit(&mut tx, &ended).await?;
    tx.commit().await?;
    app.people().directory.end_session_by_id(tenant, &ended.id.to_string()).await?;
    Ok(ended)
}
