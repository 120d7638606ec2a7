//! Making a payment exactly once, however often it is asked for.

use http::StatusCode;
use tenancy_core::{Error, ErrorKind, Problem};
use tenancy_sqlx::TenantTx;

use super::new_payment::NewPayment;
use super::{Payment, PaymentView, step};
use crate::app::App;
use crate::customers::Customer;
use crate::idempotency::{Answer, Fingerprint, Idempotency, Replay};
use crate::ids::CustomerId;

/// Makes a payment, or returns what was answered when it was made.
///
/// The payment and the answer are one transaction: there is never one without the other. The
/// answer goes in first, so that of two equal requests at the same time the second waits for the
/// first, fails on the key and nothing else, and then reads the first one's answer.
pub(super) async fn create(
    app: &App,
    idempotency: Idempotency,
    mut tx: TenantTx,
    new: NewPayment,
) -> Result<Answer, Problem> {
    let fingerprint = Fingerprint::of("POST /v1/payments", &new);
    let (tenant, now) = (tx.tenant(), app.now());
    let customer = new.customer().map(str::parse).transpose().map_err(|_| customer_missing())?;
    let payment = new.made(tenant, customer, now);
    let answer = Answer::of(StatusCode::CREATED, &PaymentView::from(payment.clone()));

    let record = Replay::answered(tenant, &idempotency, fingerprint, &answer, now);
    if let Err(error) = tx.repo::<Replay>().insert(record).await {
        if error.kind() != ErrorKind::Conflict {
            return Err(error.into());
        }
        drop(tx);
        return idempotency.replay(app.db(), tenant, fingerprint).await;
    }
    if let Some(customer) = customer {
        require(&mut tx, customer).await?;
    }
    let payment = tx.repo::<Payment>().insert(payment).await.map_err(refused)?;
    app.emit(&mut tx, &payment).await?;
    step::to_its_end("commit a payment", Box::pin(async { Ok(tx.commit().await?) })).await?;
    Ok(answer)
}

async fn require(tx: &mut TenantTx, customer: CustomerId) -> Result<(), Problem> {
    tx.repo::<Customer>().get(&customer).await?.map(drop).ok_or_else(customer_missing)
}

/// The same for an id that is none, a random one and another tenant's.
fn customer_missing() -> Problem {
    Problem::new(422, "customer_missing", "There is no such customer").with_param("customer")
}

/// The id is new, so that only the reference can be there already.
fn refused(error: Error) -> Problem {
    if error.kind() == ErrorKind::Conflict {
        return Problem::new(409, "reference_taken", "Another payment has this reference")
            .with_param("reference");
    }
    error.into()
}
