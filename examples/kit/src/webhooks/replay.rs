use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tenancy_core::{Error, List, Problem, TenantContext};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Endpoint, EndpointId, Webhooks};
use crate::events::{Event, EventId};
use crate::jobs::{Handler, Jobs, NewJob, Settled, Taken};

/// The kind of job that sends the events of a time anew, by [`Replay`].
pub const REPLAY: &str = "webhooks.replay";

/// How many events are looked at in one part.
const PART: u16 = 100;

/// Which events to send to an endpoint once more.
#[derive(Debug, Serialize, Deserialize)]
struct Range {
    endpoint: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    from: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    to: OffsetDateTime,
    /// The last one of the part before.
    after: Option<Uuid>,
}

/// Does [`REPLAY`] jobs.
#[derive(Debug, Clone)]
pub struct Replay(Webhooks);

impl Webhooks {
    /// Returns who does [`REPLAY`] jobs.
    pub fn replays(&self) -> Replay {
        Replay(self.clone())
    }

    /// Sends the events that happened in a time to an endpoint, those it asks for, in the order they
    /// happened: with the same ids, also those that have arrived.
    ///
    /// # Errors
    ///
    /// 404, 409 `endpoint_disabled`, 422 when the time ends before it begins.
    pub async fn replay_range(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        id: EndpointId,
        (from, to): (OffsetDateTime, OffsetDateTime),
    ) -> Result<(), Problem> {
        self.enabled(tx, id).await?;
        if to < from {
            return Err(Problem::new(422, "field_invalid", "A field is not valid")
                .with_param("to")
                .with_detail("a time that does not come before from is expected"));
        }
        let range = Range { endpoint: id.uuid(), from, to, after: None };
        enqueue(&self.jobs, tx, context, &range).await?;
        Ok(())
    }
}

async fn enqueue(
    jobs: &Jobs,
    tx: &mut TenantTx,
    context: &TenantContext,
    range: &Range,
) -> Result<(), Error> {
    let job = NewJob { kind: REPLAY, payload: range, run_at: jobs.now(), priority: -1 };
    jobs.enqueue(tx, context, job).await.map(drop)
}

#[async_trait]
impl Handler for Replay {
    async fn run(&self, job: Taken) -> Result<Settled, Error> {
        let range: Range = job.payload()?;
        let mut tx = job.tx();
        let endpoint = EndpointId::from_uuid(range.endpoint);
        let endpoint = tx.repo::<Endpoint>().get(&endpoint).await?;
        let within = Event::CREATED_AT.ge(range.from).and(Event::CREATED_AT.le(range.to));
        let within = match range.after {
            Some(after) => within.and(Event::ID.gt(EventId::from_uuid(after))),
            None => within,
        };
        let events = tx.repo::<Event>().list(List::oldest(PART).filter(within)).await?;
        if let Some(endpoint) = endpoint {
            let wanted = events.items.iter().filter(|event| endpoint.wants(&event.kind));
            for event in wanted.filter(|event| event.kind != "webhook_endpoint.test") {
                self.0.send(&mut tx, job.context(), endpoint.id, event).await?;
            }
            if let (true, Some(last)) = (events.has_more, events.items.last()) {
                let next = Range { after: Some(last.id.uuid()), ..range };
                enqueue(&self.0.jobs, &mut tx, job.context(), &next).await?;
            }
        }
        let settled = job.done(&mut tx).await?;
        tx.commit().await?;
        Ok(settled)
    }
}
