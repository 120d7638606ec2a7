use tenancy_core::{Error, TenantId};

use super::{Attempt, AttemptState};
use crate::app::App;
use crate::connectors;

/// Has a provider give back what it still reserves. Until it says that it has, it is told again.
pub(crate) async fn void(app: &App, tenant: TenantId, attempt: Attempt) -> Result<(), Error> {
    let Some(reference) = attempt.provider_reference.clone() else { return Ok(()) };
    let call = app.connector().void(&reference);
    if connectors::within(app.patience().provider, call).await.is_none() {
        app.follow_up(tenant);
        return Ok(());
    }
    let mut tx = app.db().tenant(tenant);
    let changes = [Attempt::STATE.set(AttemptState::Voided), Attempt::UPDATED_AT.set(app.now())];
    tx.repo::<Attempt>().patch_version(&attempt.id, attempt.version, changes).await?;
    tx.commit().await
}
