use std::sync::Arc;

use tenancy_core::TenantContext;
use tenancy_core::usage::{QuotaMeter, Reservation};
use tokio::runtime::Handle;

/// A reservation that is released unless it is committed.
pub(super) struct Held {
    meter: Arc<dyn QuotaMeter>,
    /// `None` once it is committed.
    reservation: Option<Reservation>,
}

impl Held {
    pub(super) fn new(meter: Arc<dyn QuotaMeter>, reservation: Reservation) -> Self {
        Self { meter, reservation: Some(reservation) }
    }

    /// Commits all of it, in a task: who hangs up now has been served all the same.
    pub(super) async fn commit(mut self) {
        let Some(reservation) = self.reservation.take() else { return };
        let meter = self.meter.clone();
        let committing = TenantContext::spawn(async move {
            match meter.commit(&reservation, reservation.amount()).await {
                Ok(true) => {}
                Ok(false) => tracing::error!("a quota is not counted: it was held for too long"),
                Err(error) => tracing::error!(%error, "a quota is not counted"),
            }
        });
        // A panic of the meter has been reported, and is no fault of the request.
        let _ = committing.await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(reservation) = self.reservation.take() else { return };
        if Handle::try_current().is_err() {
            tracing::warn!("a quota is held until it runs out: the runtime has ended");
            return;
        }
        let meter = self.meter.clone();
        TenantContext::spawn(async move {
            if let Err(error) = meter.release(&reservation).await {
                tracing::warn!(%error, "a quota is held until it runs out");
            }
        });
    }
}
