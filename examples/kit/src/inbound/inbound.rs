use std::sync::Arc;

use tenancy_core::{Clock, Error, ErrorKind, Problem, TenantContext, TenantId};
use tenancy_sqlx::TenantTx;

use super::apply::{INBOUND, Order};
use super::networks::Networks;
use super::{
    InboundEvent, InboundEventId, InboundState, NewSource, Source, SourceId, SourcePatch,
    SourceView,
};
use crate::Sealer;
use crate::ids::missing;
use crate::jobs::{Jobs, NewJob};

/// The sources of tenants, and what they say. Clones are the same.
#[derive(Debug, Clone)]
pub struct Inbound {
    sealer: Arc<Sealer>,
    jobs: Jobs,
    pub(super) clock: Arc<dyn Clock>,
}

impl Inbound {
    /// Makes it of what it needs.
    pub fn new(sealer: Arc<Sealer>, jobs: Jobs, clock: Arc<dyn Clock>) -> Self {
        Self { sealer, jobs, clock }
    }

    /// Makes a source.
    ///
    /// # Errors
    ///
    /// 422 `field_invalid`, and the database's.
    pub async fn create(&self, tx: &mut TenantTx, new: NewSource) -> Result<SourceView, Problem> {
        require_line("name", &new.name)?;
        require_line("connector", &new.connector)?;
        new.scheme.require_secret(&new.secret)?;
        let networks = Networks::asked(&new.networks)?;
        let (id, tenant_id, now) = (SourceId::generate(), tx.tenant(), self.clock.now());
        let source = Source {
            id,
            tenant_id,
            name: new.name,
            connector: new.connector,
            scheme: new.scheme,
            secret: self.sealer.seal(tenant_id, &purpose(id), new.secret.as_bytes())?,
            networks: networks.to_text(),
            enabled: true,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        Ok(tx.repo::<Source>().insert(source).await?.into())
    }

    /// Changes a source.
    ///
    /// # Errors
    ///
    /// 404, and those of [`create`](Self::create).
    pub async fn update(
        &self,
        tx: &mut TenantTx,
        id: SourceId,
        patch: SourcePatch,
    ) -> Result<SourceView, Problem> {
        let mut source = tx.repo::<Source>().get(&id).await?.ok_or_else(missing)?;
        if let Some(name) = patch.name {
            require_line("name", &name)?;
            source.name = name;
        }
        if let Some(secret) = patch.secret {
            source.scheme.require_secret(&secret)?;
            source.secret = self.sealer.seal(tx.tenant(), &purpose(id), secret.as_bytes())?;
        }
        if let Some(networks) = patch.networks {
            source.networks = Networks::asked(&networks)?.to_text();
        }
        source.enabled = patch.enabled.unwrap_or(source.enabled);
        source.updated_at = self.clock.now();
        Ok(tx.repo::<Source>().update(source).await?.into())
    }

    /// Tries an event again that was not applied.
    ///
    /// # Errors
    ///
    /// 404, and 409 `event_applied`.
    pub async fn reprocess(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        id: InboundEventId,
    ) -> Result<InboundEvent, Problem> {
        let mut event = tx.repo::<InboundEvent>().get(&id).await?.ok_or_else(missing)?;
        if event.state == InboundState::Applied {
            return Err(Problem::new(409, "event_applied", "The event has been applied"));
        }
        event.state = InboundState::Received;
        event.tries = 0;
        let event = tx.repo::<InboundEvent>().update(event).await?;
        self.order(tx, context, id).await?;
        Ok(event)
    }

    /// Has an event applied, once the transaction is in.
    pub(super) async fn order(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        id: InboundEventId,
    ) -> Result<(), Error> {
        let (payload, run_at) = (Order { event: id.uuid() }, self.clock.now());
        // What a provider says goes before what we tell others.
        let job = NewJob { kind: INBOUND, payload: &payload, run_at, priority: 10 };
        self.jobs.enqueue(tx, context, job).await.map(drop)
    }

    /// Opens the secret of a source.
    pub(super) fn secret(&self, tenant: TenantId, source: &Source) -> Result<String, Error> {
        let secret = self.sealer.open(tenant, &purpose(source.id), &source.secret)?;
        String::from_utf8(secret)
            .map_err(|_| Error::new(ErrorKind::Internal, "open a source's secret: it is no text"))
    }
}

fn purpose(id: SourceId) -> String {
    format!("inbound source/{}", id.uuid())
}

fn require_line(param: &'static str, text: &str) -> Result<(), Problem> {
    let good = (1..=200).contains(&text.chars().count()) && !text.contains(char::is_control);
    if good {
        return Ok(());
    }
    Err(Problem::new(422, "field_invalid", "A field is not valid")
        .with_param(param)
        .with_detail("1 to 200 characters on one line are expected"))
}
