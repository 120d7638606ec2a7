use std::time::Duration;

use tenancy_core::usage::Meter;
use tenancy_core::{TenantContext, TenantId};

use crate::app::App;
use crate::mode::Mode;

/// How long an answer waits for its transaction to be counted, so that a look at the usage right
/// after it finds it there. The count goes on without it.
const COUNTING: Duration = Duration::from_millis(20);

/// Counts a transaction: a live payment that a provider is asked for. What is refused counts too.
///
/// The attempt is written down already: that it cannot be counted now is no reason to give it up.
pub(super) async fn counted(app: &App, tenant: TenantId) {
    if Mode::of(tenant) == Mode::Test {
        return;
    }
    let meter = app.meter().clone();
    let counting = TenantContext::spawn(async move {
        if let Err(error) = meter.record(tenant, &[(Meter::TRANSACTIONS, 1)]).await {
            tracing::error!(%error, "a transaction was not counted");
        }
    });
    let _ = tokio::time::timeout(COUNTING, counting).await;
}
