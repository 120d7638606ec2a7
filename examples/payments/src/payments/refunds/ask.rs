use tenancy_core::Problem;

use super::{Refund, record};
use crate::app::App;
use crate::connectors::{Order, Question};
use crate::ids::missing;
use crate::integrations::Link;
use crate::payments::attempts::{Attempt, AttemptState};

/// Asks the provider for a refund and writes down what it says. It does the work of one id once,
/// so that asking again asks how far it is.
pub(crate) async fn ask(app: &App, refund: &Refund) -> Result<(), Problem> {
    let taken = [AttemptState::Authorized, AttemptState::Voiding, AttemptState::Voided];
    let of_payment = Attempt::PAYMENT_ID.eq(refund.payment_id).and(Attempt::STATE.is_in(taken));
    let mut tx = app.db().read(refund.tenant_id);
    let attempt = tx.repo::<Attempt>().find(of_payment).await?.ok_or_else(missing)?;
    drop(tx);
    let link = Link::of_attempt(app, &attempt).await?;
    let reference = attempt.provider_reference.ok_or_else(missing)?;

    let request_id = refund.id.to_string();
    let (amount, currency) = (refund.amount, refund.currency);
    let order = Order { request_id: &request_id, amount, currency };
    let question = Question::Refund { request_id: &request_id, reference: &reference };
    // While it cannot be told whether it was done, nothing is asked for again: providers forget
    // after a while which requests they have seen.
    let report = match link.find(app, &question).await {
        Ok(None) => link.refund(app, &order, &reference).await.ok(),
        found => found.ok().flatten(),
    };
    record(app, refund.tenant_id, refund.id, report).await
}
