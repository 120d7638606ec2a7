use serde::Deserialize;
use tenancy_core::{Error, ErrorKind, Problem};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Payment;
use crate::ids::{PaymentId, missing};

/// What a cancellation may say. It needs to say nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancellation {
    /// Cancel only while the payment has this version.
    #[serde(default)]
    version: Option<i64>,
}

/// Cancels a payment that nobody has paid. Of two at the same time one wins.
pub(super) async fn cancel(
    mut tx: TenantTx,
    id: PaymentId,
    cancellation: &Cancellation,
    now: OffsetDateTime,
) -> Result<Payment, Problem> {
    let mut payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    if cancellation.version.is_some_and(|version| version != payment.version) {
        return Err(changed());
    }
    payment.state = payment.state.canceled()?;
    payment.updated_at = now;
    let payment = tx.repo::<Payment>().update(payment).await.map_err(refused)?;
    tx.commit().await?;
    Ok(payment)
}

fn refused(error: Error) -> Problem {
    if error.kind() == ErrorKind::Conflict { changed() } else { error.into() }
}

fn changed() -> Problem {
    Problem::new(409, "payment_changed", "The payment has changed meanwhile")
        .with_detail("read it again")
        .with_param("version")
}
