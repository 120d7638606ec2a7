use tenancy_core::Problem;

use super::confirm::UNREACHABLE;
use super::{Attempt, AttemptState};
use crate::app::App;
use crate::ids::{ConnectionId, missing};
use crate::integrations::{self, Link};
use crate::payments::Payment;
use crate::payments::step::{self, Halt};

/// Gives an attempt up whose request was never sent, and begins the next one with another
/// connection, in one transaction; `None` when there is no other one.
pub(super) async fn pass_on(
    app: &App,
    attempt: &Attempt,
    asked: &[ConnectionId],
) -> Result<Option<(Attempt, Link)>, Problem> {
    step::insist(|| begin_next(app, attempt, asked)).await
}

async fn begin_next(
    app: &App,
    attempt: &Attempt,
    asked: &[ConnectionId],
) -> Result<Option<(Attempt, Link)>, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(attempt.tenant_id);
    let mut given_up = tx.repo::<Attempt>().get(&attempt.id).await?.ok_or_else(missing)?;
    if given_up.state != AttemptState::Processing {
        return Ok(None);
    }
    let Ok(link) = integrations::choose(app, &mut tx, asked).await else { return Ok(None) };
    let payment = tx.repo::<Payment>().get(&attempt.payment_id).await?.ok_or_else(missing)?;
    given_up.state = AttemptState::Declined;
    given_up.failure_code = Some(UNREACHABLE.to_owned());
    let (answers, answer_status) = (given_up.answers.take(), given_up.answer_status);
    given_up.updated_at = now;
    tx.repo::<Attempt>().update(given_up).await?;
    // Of the quota the payment has its part already.
    let mut next = Attempt::new(&payment, &link, answers, None, now);
    next.answer_status = answer_status;
    let next = tx.repo::<Attempt>().insert(next).await?;
    tx.commit().await?;
    Ok(Some((next, link)))
}
