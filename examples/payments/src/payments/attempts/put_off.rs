use std::time::Duration;

use kit::resilience::Backoff;
use tenancy_core::Problem;
use time::OffsetDateTime;

use super::{Attempt, AttemptState};
use crate::app::App;
use crate::ids::missing;
use crate::payments::Payment;
use crate::payments::step::{self, Halt};

/// How long a provider is left alone between questions: a second at first, an hour at last.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_hours(1));

/// How long a provider is asked what has become of an attempt. Then a person has to find out.
const GIVE_UP: time::Duration = time::Duration::days(3);

/// Returns when a provider that has not answered is asked for the first time.
pub(super) fn first_ask(now: OffsetDateTime) -> OffsetDateTime {
    now + PAUSES.pause(0)
}

/// Notes that a provider was asked and did not tell: it is asked again after a pause that doubles,
/// and not for ever.
pub(crate) async fn put_off(app: &App, asked: &Attempt) -> Result<(), Problem> {
    step::take(|| write_down(app, asked)).await
}

async fn write_down(app: &App, asked: &Attempt) -> Result<(), Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(asked.tenant_id);
    let mut attempt = tx.repo::<Attempt>().get(&asked.id).await?.ok_or_else(missing)?;
    if attempt.version != asked.version {
        // It was told meanwhile, or somebody else has asked.
        return Ok(());
    }
    attempt.next_ask_at = now + PAUSES.pause(u32::try_from(attempt.asked).unwrap_or(u32::MAX));
    attempt.asked += 1;
    let is_void = attempt.state == AttemptState::Voiding;
    if !is_void && now - attempt.created_at >= GIVE_UP {
        attempt.given_up_at = Some(now);
        let payment = tx.repo::<Payment>().get(&attempt.payment_id).await?;
        let mut payment = payment.ok_or_else(missing)?;
        payment.needs_decision_since = Some(now);
        payment.updated_at = now;
        let payment = tx.repo::<Payment>().update(payment).await?;
        app.emit(&mut tx, &payment).await?;
    }
    tx.repo::<Attempt>().update(attempt).await?;
    Ok(tx.commit().await?)
}
