use async_trait::async_trait;
use kit::inbound::{Applied, Apply, InboundEvent, Source};
use tenancy_core::{Error, ErrorKind, Problem, TenantId};

use super::fact;
use crate::app::App;
use crate::connectors::{Report, Standing, Told};
use crate::ids::{AttemptId, CaptureId, RefundId};
use crate::payments::attempts::{self, Attempt, AttemptState};
use crate::payments::captures::{self, Capture, CaptureState};
use crate::payments::refunds::{self, Elsewhere, Refund, RefundState};

/// Writes down what providers say of payments, by the same functions as the reconciler.
///
/// A request is answered once: whatever comes after its outcome changes nothing. So events may come in
/// any order, and as often as they like. One that says the opposite of the outcome is for a person.
pub(crate) struct OnPayments(pub(crate) App);

#[async_trait]
impl Apply for OnPayments {
    async fn apply(&self, source: &Source, event: &InboundEvent) -> Result<Applied, Error> {
        let mut all = Applied::Ignored;
        for told in fact::read(&source.connector, &event.payload)? {
            all = worse(all, self.to_request(source, told).await?);
        }
        Ok(all)
    }
}

/// What an event is about is not there, or not there yet.
const UNKNOWN: Applied = Applied::NotYet("request_unknown");

/// Of two parts of an event, what stands for both: all of it is tried again while a part waits.
const fn worse(one: Applied, other: Applied) -> Applied {
    match (one, other) {
        (Applied::NotYet(why), _) | (_, Applied::NotYet(why)) => Applied::NotYet(why),
        (Applied::Contradicts, _) | (_, Applied::Contradicts) => Applied::Contradicts,
        (Applied::Done, _) | (_, Applied::Done) => Applied::Done,
        (Applied::Ignored, Applied::Ignored) => Applied::Ignored,
    }
}

impl OnPayments {
    async fn to_request(&self, source: &Source, told: Told) -> Result<Applied, Error> {
        let tenant = source.tenant_id;
        let (request_id, report) = match told {
            Told::Request { request_id, report } => (request_id, report),
            Told::Refund { reference, payment, report } => {
                return self.to_refund_elsewhere(source, reference, payment, report).await;
            }
        };
        if let Ok(id) = request_id.parse::<AttemptId>() {
            self.to_attempt(tenant, source, id, report).await
        } else if let Ok(id) = request_id.parse::<CaptureId>() {
            self.to_capture(tenant, source, id, report).await
        } else if let Ok(id) = request_id.parse::<RefundId>() {
            self.to_refund(tenant, source, id, report).await
        } else {
            Ok(Applied::Ignored)
        }
    }

    async fn to_attempt(
        &self,
        tenant: TenantId,
        source: &Source,
        id: AttemptId,
        report: Report,
    ) -> Result<Applied, Error> {
        let attempt = self.0.db().read_latest(tenant).repo::<Attempt>().get(&id).await?;
        let Some(attempt) = attempt else { return Ok(UNKNOWN) };
        if attempt.connector != source.connector {
            return Ok(Applied::Ignored);
        }
        let known = match attempt.state {
            AttemptState::Processing | AttemptState::Unknown | AttemptState::Conflicted => None,
            AttemptState::Declined => Some(false),
            AttemptState::Authorized | AttemptState::Voiding | AttemptState::Voided => Some(true),
        };
        if contradicts(known, &report.standing) {
            return Ok(Applied::Contradicts);
        }
        // That it is still at work says nothing that would be known for good.
        if report.standing != Standing::Pending {
            attempts::record(&self.0, tenant, id, Some(report)).await.map_err(fault)?;
        }
        Ok(Applied::Done)
    }

    async fn to_capture(
        &self,
        tenant: TenantId,
        source: &Source,
        id: CaptureId,
        report: Report,
    ) -> Result<Applied, Error> {
        let mut tx = self.0.db().read_latest(tenant);
        let Some(capture) = tx.repo::<Capture>().get(&id).await? else { return Ok(UNKNOWN) };
        let attempt = tx.repo::<Attempt>().get(&capture.attempt_id).await?;
        drop(tx);
        if attempt.is_none_or(|attempt| attempt.connector != source.connector) {
            return Ok(Applied::Ignored);
        }
        let known = match capture.state {
            CaptureState::Processing | CaptureState::Conflicted => None,
            CaptureState::Failed => Some(false),
            CaptureState::Succeeded => Some(true),
        };
        if contradicts(known, &report.standing) {
            return Ok(Applied::Contradicts);
        }
        if report.standing != Standing::Pending {
            captures::record(&self.0, tenant, id, Some(report)).await.map_err(fault)?;
        }
        Ok(Applied::Done)
    }

    async fn to_refund(
        &self,
        tenant: TenantId,
        source: &Source,
        id: RefundId,
        report: Report,
    ) -> Result<Applied, Error> {
        let mut tx = self.0.db().read_latest(tenant);
        let Some(refund) = tx.repo::<Refund>().get(&id).await? else { return Ok(UNKNOWN) };
        let taken = [AttemptState::Authorized, AttemptState::Voiding, AttemptState::Voided];
        let of_payment = Attempt::PAYMENT_ID.eq(refund.payment_id).and(Attempt::STATE.is_in(taken));
        let attempt = tx.repo::<Attempt>().find(of_payment).await?;
        drop(tx);
        if attempt.is_none_or(|attempt| attempt.connector != source.connector) {
            return Ok(Applied::Ignored);
        }
        self.to_known_refund(refund, report).await
    }

    /// A refund that was made at the provider is written down with the first event that says of
    /// which payment it is. Until then, and until the payment is known to be taken, events wait.
    async fn to_refund_elsewhere(
        &self,
        source: &Source,
        reference: String,
        payment: Option<String>,
        report: Report,
    ) -> Result<Applied, Error> {
        let tenant = source.tenant_id;
        let made = Elsewhere { connector: source.connector.clone(), reference };
        let refund = self.0.db().read_latest(tenant).repo::<Refund>().find(made.filter()).await?;
        if let Some(refund) = refund {
            return self.to_known_refund(refund, report).await;
        }
        let Some(payment) = payment else { return Ok(Applied::NotYet("refund_unknown")) };
        let order = (report.amount, report.currency);
        match refunds::made_elsewhere(&self.0, tenant, made, &payment, order).await {
            Ok(refund) => self.to_known_refund(refund, report).await,
            Err(problem) if problem.code() == "payment_missing" => {
                Ok(Applied::NotYet("payment_unknown"))
            }
            Err(problem) if problem.code() == "refund_exceeds_captured" => {
                Ok(Applied::NotYet("refund_exceeds_captured"))
            }
            Err(problem) => Err(fault(problem)),
        }
    }

    async fn to_known_refund(&self, refund: Refund, report: Report) -> Result<Applied, Error> {
        let known = match refund.state {
            RefundState::Pending | RefundState::Conflicted => None,
            RefundState::Failed => Some(false),
            RefundState::Succeeded => Some(true),
        };
        if contradicts(known, &report.standing) {
            return Ok(Applied::Contradicts);
        }
        if report.standing != Standing::Pending {
            let (tenant, id) = (refund.tenant_id, refund.id);
            refunds::record(&self.0, tenant, id, Some(report)).await.map_err(fault)?;
        }
        Ok(Applied::Done)
    }
}

/// Tells whether the opposite is known for good: that money moved, or that it did not. What was
/// authorized and is canceled later is no contradiction.
fn contradicts(moved: Option<bool>, standing: &Standing) -> bool {
    match (moved, standing) {
        (Some(false), Standing::Succeeded) => true,
        (Some(true), Standing::Declined(code)) => code != "canceled",
        _ => false,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn fault(problem: Problem) -> Error {
    Error::new(ErrorKind::Unavailable, format!("apply an event: {}", problem.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_opposite_contradicts() {
        let declined = |code: &str| Standing::Declined(code.to_owned());
        for (moved, standing, opposite) in [
            (None, Standing::Succeeded, false),
            (None, declined("lost_card"), false),
            (Some(true), Standing::Succeeded, false),
            (Some(true), Standing::Pending, false),
            (Some(true), declined("canceled"), false),
            (Some(true), declined("lost_card"), true),
            (Some(false), Standing::Succeeded, true),
            (Some(false), Standing::Pending, false),
            (Some(false), declined("expired"), false),
        ] {
            assert_eq!(contradicts(moved, &standing), opposite, "{moved:?} {standing:?}");
        }
    }

    #[test]
    fn an_event_waits_while_a_part_of_it_waits() {
        let all = [Applied::Ignored, Applied::Done, Applied::Contradicts, UNKNOWN];
        for (rank, one) in all.into_iter().enumerate() {
            for other in &all[..=rank] {
                assert_eq!((worse(one, *other), worse(*other, one)), (one, one));
            }
        }
    }
}
