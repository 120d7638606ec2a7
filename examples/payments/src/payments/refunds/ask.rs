use tenancy_core::Problem;

use super::{Refund, record};
use crate::app::App;
use crate::connectors::{self, Order};
use crate::ids::missing;
use crate::payments::attempts::{Attempt, AttemptState};

/// Asks the provider for a refund and writes down what it says. It does the work of one id once,
/// so that asking again asks how far it is.
pub(crate) async fn ask(app: &App, refund: &Refund) -> Result<(), Problem> {
    let taken = [AttemptState::Authorized, AttemptState::Voiding, AttemptState::Voided];
    let of_payment = Attempt::PAYMENT_ID.eq(refund.payment_id).and(Attempt::STATE.is_in(taken));
    let mut tx = app.db().read(refund.tenant_id);
    let attempt = tx.repo::<Attempt>().find(of_payment).await?.ok_or_else(missing)?;
    drop(tx);
    let reference = attempt.provider_reference.ok_or_else(missing)?;

    let request_id = refund.id.to_string();
    let patience = app.patience().provider;
    let (amount, currency) = (refund.amount, refund.currency);
    let order = Order { request_id: &request_id, amount, currency };
    let mut report =
        connectors::within(patience, app.connector().find(&request_id)).await.flatten();
    if report.is_none() {
        report = connectors::within(patience, app.connector().refund(&order, &reference)).await;
    }
    record::record(app, refund.tenant_id, refund.id, report).await
}
