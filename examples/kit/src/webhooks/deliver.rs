use std::time::Duration as Span;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use tenancy_core::{Error, ErrorKind};
use tenancy_sqlx::TenantTx;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::schedule::wait;
use super::{
    Attempt, AttemptId, Delivery, DeliveryId, DeliveryState, Endpoint, EndpointState, EndpointView,
    Webhooks, signature,
};
use crate::events::{Event, EventView};
use crate::jobs::{Handler, Settled, Taken};
use crate::notifications::Notification;
use crate::outbound::{self, ReceiverUrl, Undelivered};

/// The kind of job that sends an event to an endpoint, by [`Webhooks`].
pub const DELIVER: &str = "webhooks.deliver";

/// What the job is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) delivery: Uuid,
}

/// An endpoint where nothing has arrived for so long gets no more.
const PATIENCE: Duration = Duration::days(5);

const GONE: u16 = 410;

type Answer = Result<outbound::Delivery, Undelivered>;

#[async_trait]
impl Handler for Webhooks {
    async fn run(&self, job: Taken) -> Result<Settled, Error> {
        let id = DeliveryId::from_uuid(job.payload::<Order>()?.delivery);
        let mut tx = job.tx();
        let delivery = tx.repo::<Delivery>().get(&id).await?;
        let Some(delivery) = delivery.filter(|found| found.state == DeliveryState::Pending) else {
            return ended(&job, tx).await;
        };
        let endpoint = tx.repo::<Endpoint>().get(&delivery.endpoint_id).await?;
        let event = tx.repo::<Event>().get(&delivery.event_id).await?;
        let (Some(endpoint), Some(event)) = (endpoint, event) else {
            return ended(&job, tx).await;
        };
        if endpoint.state == EndpointState::Disabled {
            return self.given_up(&job, tx, delivery).await;
        }
        // Nothing is held while a receiver takes its time.
        drop(tx);
        let answer = self.post(&endpoint, event).await?;
        self.write_down(&job, endpoint, delivery, answer).await
    }
}

async fn ended(job: &Taken, mut tx: TenantTx) -> Result<Settled, Error> {
    let settled = job.done(&mut tx).await?;
    tx.commit().await?;
    Ok(settled)
}

impl Webhooks {
    async fn given_up(
        &self,
        job: &Taken,
        mut tx: TenantTx,
        mut delivery: Delivery,
    ) -> Result<Settled, Error> {
        delivery.end(DeliveryState::Failed, self.now());
        delivery.last_error = Some("endpoint_disabled".to_owned());
        tx.repo::<Delivery>().update(delivery).await?;
        ended(job, tx).await
    }

    async fn post(&self, endpoint: &Endpoint, event: Event) -> Result<Answer, Error> {
        // It was allowed once. That it is not any more is the receiver's answer, not a fault.
        let Ok(url) = ReceiverUrl::parse(&endpoint.url, self.outbound.reach()) else {
            return Ok(Err(Undelivered::AddressRefused));
        };
        let (id, now) = (event.id.to_string(), self.now());
        let body = serde_json::to_vec(&EventView::try_from(event)?).map_err(|source| {
            Error::new(ErrorKind::Internal, "write an event as JSON").with_source(source)
        })?;
        let seconds = now.unix_timestamp();
        let signed = signature(&self.secrets(endpoint, now)?, &id, seconds, &body);
        let headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static("webhook-id"), value(&id)),
            (HeaderName::from_static("webhook-timestamp"), value(&seconds.to_string())),
            (HeaderName::from_static("webhook-signature"), value(&signed)),
        ];
        self.outbound.post(&url, headers, body).await
    }

    /// Writes down what came of an attempt, what follows from it, and that the job is settled.
    async fn write_down(
        &self,
        job: &Taken,
        endpoint: Endpoint,
        mut delivery: Delivery,
        answer: Answer,
    ) -> Result<Settled, Error> {
        let (now, mut tx) = (self.now(), job.tx());
        let (status, error) = match &answer {
            Ok(delivered) => (Some(i64::from(delivered.status)), None),
            Err(why) => (None, Some(why.as_str().to_owned())),
        };
        let took = answer.as_ref().map_or(Span::ZERO, |delivered| delivered.took);
        let attempt = Attempt {
            id: AttemptId::generate(),
            tenant_id: delivery.tenant_id,
            delivery_id: delivery.id,
            endpoint_id: delivery.endpoint_id,
            status,
            error: error.clone(),
            took_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
            created_at: now,
        };
        tx.repo::<Attempt>().insert(attempt).await?;
        delivery.attempts += 1;
        (delivery.last_status, delivery.last_error) = (status, error);
        delivery.updated_at = now;

        let next = match &answer {
            Ok(delivered) if (200..300).contains(&delivered.status) => {
                delivery.end(DeliveryState::Delivered, now);
                arrived(&mut tx, &endpoint).await?;
                None
            }
            Ok(delivered) if delivered.status == GONE => {
                self.disable(&mut tx, &endpoint, "gone", now).await?;
                delivery.end(DeliveryState::Failed, now);
                None
            }
            failed => {
                let asked = failed.as_ref().ok().and_then(|delivered| delivered.retry_after);
                let failures = usize::try_from(delivery.attempts).unwrap_or(usize::MAX);
                let patient = self.failed(&mut tx, &endpoint, now).await?;
                let next = wait(failures, asked).filter(|_| patient).map(|wait| now + wait);
                match next {
                    Some(at) => delivery.next_attempt_at = Some(at),
                    None => delivery.end(DeliveryState::Failed, now),
                }
                next
            }
        };
        tx.repo::<Delivery>().update(delivery).await?;
        let settled = match next {
            Some(at) => job.again(&mut tx, at, None).await?,
            None => job.done(&mut tx).await?,
        };
        tx.commit().await?;
        Ok(settled)
    }

    /// Notes that an attempt has failed. Tells whether to go on.
    async fn failed(
        &self,
        tx: &mut TenantTx,
        endpoint: &Endpoint,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let Some(since) = endpoint.failing_since else {
            tx.sql(
                "UPDATE webhook_endpoints SET failing_since = $2
                 WHERE id = $1 AND failing_since IS NULL",
            )
            .bind(endpoint.id)
            .bind(Some(now))
            .execute()
            .await?;
            return Ok(true);
        };
        if now - since < PATIENCE {
            return Ok(true);
        }
        self.disable(tx, endpoint, "failing", now).await?;
        Ok(false)
    }

    /// Sends nothing more to an endpoint, and tells its people, once.
    async fn disable(
        &self,
        tx: &mut TenantTx,
        endpoint: &Endpoint,
        reason: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let disabled = tx
            .sql(
                "UPDATE webhook_endpoints
                 SET state = 'disabled', disabled_reason = $2, updated_at = $3, version = version + 1
                 WHERE id = $1 AND state = 'enabled'",
            )
            .bind(endpoint.id)
            .bind(Some(reason.to_owned()))
            .bind(now)
            .execute()
            .await?;
        if disabled == 0 {
            return Ok(());
        }
        let kind = "webhook_endpoint.disabled";
        if let Some(endpoint) = tx.repo::<Endpoint>().get(&endpoint.id).await? {
            let shown = EndpointView::from(endpoint);
            Notification::tell(tx, kind, &shown, now).await?;
            self.outbox.emit_as(tx, kind, &shown, now).await?;
        }
        Ok(())
    }
}

/// Something has arrived: the endpoint does not fail.
async fn arrived(tx: &mut TenantTx, endpoint: &Endpoint) -> Result<(), Error> {
    if endpoint.failing_since.is_some() {
        tx.sql("UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1")
            .bind(endpoint.id)
            .execute()
            .await?;
    }
    Ok(())
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids, numbers and base64 are visible ASCII")
}
