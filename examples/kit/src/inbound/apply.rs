use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tenancy_core::{Error, ErrorKind};
use uuid::Uuid;

use super::{Inbound, InboundEvent, InboundEventId, InboundState, Source};
use crate::jobs::{Handler, Settled, Taken};
use crate::webhooks::RETRIES;

/// The kind of job that applies an event that came in, by [`Applier`].
pub const INBOUND: &str = "inbound.apply";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) event: Uuid,
}

/// What an application makes of events.
///
/// Events come late, twice, and in any order. To apply one that was applied, or one that is older
/// than what is known, must change nothing.
#[async_trait]
pub trait Apply: Send + Sync {
    /// Applies what a source says.
    ///
    /// # Errors
    ///
    /// What stands in the way: it is tried again.
    async fn apply(&self, source: &Source, event: &InboundEvent) -> Result<Applied, Error>;
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is applied, or was before.
    Done,
    /// It is about nothing that matters here.
    Ignored,
    /// What it is about is not there yet; and the word for that.
    NotYet(&'static str),
    /// It says the opposite of what is known for good: somebody has to look at it.
    Contradicts,
}

/// Does [`INBOUND`] jobs: with the pauses of webhooks, ten times, and then the event waits for somebody
/// to look at it.
#[derive(Debug, Clone)]
pub struct Applier<A> {
    inbound: Inbound,
    apply: A,
}

impl<A: Apply> Applier<A> {
    /// Makes one.
    pub const fn new(inbound: Inbound, apply: A) -> Self {
        Self { inbound, apply }
    }
}

#[async_trait]
impl<A: Apply> Handler for Applier<A> {
    async fn run(&self, job: Taken) -> Result<Settled, Error> {
        let id = InboundEventId::from_uuid(job.payload::<Order>()?.event);
        let mut tx = job.tx();
        let event = tx.repo::<InboundEvent>().get(&id).await?;
        let waits = |event: &InboundEvent| {
            matches!(event.state, InboundState::Received | InboundState::Parked)
        };
        let source = match event.filter(waits) {
            Some(event) => tx.repo::<Source>().get(&event.source_id).await?.zip(Some(event)),
            None => None,
        };
        let Some((source, mut event)) = source else {
            let settled = job.done(&mut tx).await?;
            tx.commit().await?;
            return Ok(settled);
        };
        drop(tx);

        let applied = self.apply.apply(&source, &event).await;
        let now = self.inbound.clock.now();
        event.tries += 1;
        let tries = usize::try_from(event.tries).unwrap_or(usize::MAX);
        let (state, error, wait) = match applied {
            Ok(Applied::Done) => (InboundState::Applied, None, None),
            Ok(Applied::Ignored) => (InboundState::Ignored, None, None),
            Ok(Applied::NotYet(why)) => parked(tries, why),
            Ok(Applied::Contradicts) => (InboundState::Dead, Some("contradicts"), None),
            // What cannot be read will not be readable later.
            Err(error) if error.kind() == ErrorKind::Invalid => {
                (InboundState::Dead, Some("malformed"), None)
            }
            Err(error) => {
                tracing::warn!(%error, "an event is applied later");
                parked(tries, "failed")
            }
        };
        event.state = state;
        event.last_error = error.map(str::to_owned);
        event.applied_at = (state == InboundState::Applied).then_some(now);
        let mut tx = job.tx();
        tx.repo::<InboundEvent>().update(event).await?;
        let settled = match wait {
            Some(wait) => job.again(&mut tx, now + wait, error).await?,
            None => job.done(&mut tx).await?,
        };
        tx.commit().await?;
        Ok(settled)
    }

    /// What is said of a tenant's money is true while it is suspended, too.
    fn serves_suspended(&self) -> bool {
        true
    }
}

type Next = (InboundState, Option<&'static str>, Option<std::time::Duration>);

fn parked(tries: usize, why: &'static str) -> Next {
    match RETRIES.get(tries - 1) {
        Some(wait) => (InboundState::Parked, Some(why), Some(*wait)),
        None => (InboundState::Dead, Some(why), None),
    }
}
