use tenancy_core::{Problem, TenantId};

use super::{Attempt, AttemptState, put_off};
use crate::app::App;
use crate::integrations::Link;

/// Has a provider give back what it still reserves. Until it says that it has, it is told again.
pub(crate) async fn void(app: &App, tenant: TenantId, attempt: Attempt) -> Result<(), Problem> {
    let Some(reference) = attempt.provider_reference.clone() else { return Ok(()) };
    let link = Link::of_attempt(app, &attempt).await?;
    if link.void(app, &reference).await.is_err() {
        return put_off(app, &attempt).await.inspect(|()| app.follow_up(tenant));
    }
    let mut tx = app.db().tenant(tenant);
    let changes = [Attempt::STATE.set(AttemptState::Voided), Attempt::UPDATED_AT.set(app.now())];
    tx.repo::<Attempt>().patch_version(&attempt.id, attempt.version, changes).await?;
    Ok(tx.commit().await?)
}
