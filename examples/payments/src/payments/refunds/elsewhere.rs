use tenancy_core::{Filter, Problem, TenantId};

use super::Refund;
use super::create::{payment_missing, promise};
use crate::app::App;
use crate::money::{Amount, Currency};
use crate::payments::Payment;
use crate::payments::attempts::{Attempt, AttemptState};
use crate::payments::step::{self, Halt};

/// A refund that was made at a provider, and not here.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere {
    /// Which provider.
    pub(crate) connector: String,
    /// Its name for the refund.
    pub(crate) reference: String,
}

impl Elsewhere {
    /// Finds the refund that was written down of it.
    pub(crate) fn filter(&self) -> Filter<Refund> {
        Refund::CONNECTOR
            .eq(self.connector.clone())
            .and(Refund::PROVIDER_REFERENCE.eq(self.reference.clone()))
    }
}

/// Writes down a refund that was made at the provider of a payment, by the provider's name for the
/// payment. It is as pending as one that was made here, and its provider is not asked for it.
///
/// # Errors
///
/// 422 `payment_missing` when that provider has taken no such payment, as far as is known, or in
/// another currency; 422 `refund_exceeds_captured`; 409 when it was written down meanwhile.
pub(crate) async fn made_elsewhere(
    app: &App,
    tenant: TenantId,
    made: Elsewhere,
    payment: &str,
    (amount, currency): (Amount, Currency),
) -> Result<Refund, Problem> {
    step::take(|| write_down(app, tenant, &made, payment, amount, currency)).await
}

async fn write_down(
    app: &App,
    tenant: TenantId,
    made: &Elsewhere,
    payment: &str,
    amount: Amount,
    currency: Currency,
) -> Result<Refund, Halt> {
    let mut tx = app.db().tenant(tenant);
    let taken = [AttemptState::Authorized, AttemptState::Voiding, AttemptState::Voided];
    let of_payment = Attempt::CONNECTOR
        .eq(made.connector.clone())
        .and(Attempt::PROVIDER_REFERENCE.eq(payment.to_owned()))
        .and(Attempt::STATE.is_in(taken));
    let attempt = tx.repo::<Attempt>().find(of_payment).await?.ok_or_else(payment_missing)?;
    let payment = tx.repo::<Payment>().get(&attempt.payment_id).await?;
    let payment = payment.filter(|payment| payment.currency == currency);
    let payment = payment.ok_or_else(payment_missing)?;
    let mut refund = Refund::new(&payment, amount, app.now());
    refund.connector = Some(made.connector.clone());
    refund.provider_reference = Some(made.reference.clone());
    let refund = promise(app, &mut tx, payment, refund).await?;
    tx.commit().await?;
    Ok(refund)
}
