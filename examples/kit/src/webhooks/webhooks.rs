use std::sync::Arc;

use tenancy_core::{Clock, Error, List, Problem, TenantContext, TenantId};
use tenancy_sqlx::TenantTx;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::deliver::{DELIVER, Order};
use super::{
    Delivery, DeliveryId, DeliveryState, Endpoint, EndpointId, EndpointPatch, EndpointState,
    EndpointView, NewEndpoint, SigningSecret,
};
use crate::Sealer;
use crate::events::{Event, Outbox};
use crate::ids::missing;
use crate::jobs::{JobId, Jobs, NewJob};
use crate::outbound::{Outbound, ReceiverUrl};

/// The endpoints of tenants, and what is sent to them. Clones are the same.
#[derive(Debug, Clone)]
pub struct Webhooks {
    pub(super) sealer: Arc<Sealer>,
    pub(super) outbound: Outbound,
    pub(super) jobs: Jobs,
    pub(super) outbox: Outbox,
    pub(super) clock: Arc<dyn Clock>,
}

/// How long the secret before the present one signs too.
const OVERLAP: Duration = Duration::hours(24);

/// The most endpoints of a tenant: each event is sent to all of them.
const MOST: u64 = 20;

impl Webhooks {
    /// Makes them of what they need.
    pub fn new(
        sealer: Arc<Sealer>,
        outbound: Outbound,
        jobs: Jobs,
        outbox: Outbox,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { sealer, outbound, jobs, outbox, clock }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Makes an endpoint. Its secret is in the view, this once.
    ///
    /// # Errors
    ///
    /// 422 `url_not_allowed`, 422 `field_invalid`, 409 `endpoint_limit_reached`, and the database's.
    pub async fn create(
        &self,
        tx: &mut TenantTx,
        new: NewEndpoint,
    ) -> Result<EndpointView, Problem> {
        let url = ReceiverUrl::parse(&new.url, self.outbound.reach())?;
        require_line(new.description.as_deref())?;
        if tx.repo::<Endpoint>().count().await? >= MOST {
            return Err(Problem::new(
                409,
                "endpoint_limit_reached",
                "There are 20 endpoints already",
            ));
        }
        let (secret, id, now) = (SigningSecret::generate()?, EndpointId::generate(), self.now());
        let tenant_id = tx.tenant();
        let endpoint = Endpoint {
            id,
            tenant_id,
            url: url.as_str().to_owned(),
            description: new.description,
            kinds: new.events.written(),
            secret: self.sealed(tenant_id, id, &secret)?,
            previous_secret: None,
            previous_until: None,
            state: EndpointState::Enabled,
            disabled_reason: None,
            failing_since: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let endpoint = tx.repo::<Endpoint>().insert(endpoint).await?;
        Ok(EndpointView::from(endpoint).with_secret(secret.reveal()))
    }

    /// Changes an endpoint. One that is enabled again starts with a clean slate.
    ///
    /// # Errors
    ///
    /// 404, those of [`create`](Self::create), and 409 when somebody else changes it meanwhile.
    pub async fn update(
        &self,
        tx: &mut TenantTx,
        id: EndpointId,
        patch: EndpointPatch,
    ) -> Result<EndpointView, Problem> {
        let mut endpoint = tx.repo::<Endpoint>().get(&id).await?.ok_or_else(missing)?;
        if let Some(url) = patch.url {
            let url = ReceiverUrl::parse(&url, self.outbound.reach())?;
            url.as_str().clone_into(&mut endpoint.url);
        }
        require_line(patch.description.as_deref())?;
        endpoint.description = patch.description.or(endpoint.description);
        if let Some(kinds) = patch.events {
            endpoint.kinds = kinds.written();
        }
        match patch.enabled {
            Some(true) => {
                endpoint.state = EndpointState::Enabled;
                (endpoint.disabled_reason, endpoint.failing_since) = (None, None);
            }
            Some(false) if endpoint.state == EndpointState::Enabled => {
                endpoint.state = EndpointState::Disabled;
                endpoint.disabled_reason = Some("by_hand".to_owned());
            }
            Some(false) | None => {}
        }
        endpoint.updated_at = self.now();
        Ok(tx.repo::<Endpoint>().update(endpoint).await?.into())
    }

    /// Makes a new secret, which is in the view this once. The one before it signs too for a day.
    ///
    /// # Errors
    ///
    /// 404, and 409 when somebody else changes it meanwhile.
    pub async fn rotate(&self, tx: &mut TenantTx, id: EndpointId) -> Result<EndpointView, Problem> {
        let mut endpoint = tx.repo::<Endpoint>().get(&id).await?.ok_or_else(missing)?;
        let (secret, now) = (SigningSecret::generate()?, self.now());
        let sealed = self.sealed(tx.tenant(), id, &secret)?;
        endpoint.previous_secret = Some(std::mem::replace(&mut endpoint.secret, sealed));
        endpoint.previous_until = Some(now + OVERLAP);
        endpoint.updated_at = now;
        let endpoint = tx.repo::<Endpoint>().update(endpoint).await?;
        Ok(EndpointView::from(endpoint).with_secret(secret.reveal()))
    }

    /// Sends an event to one endpoint, to try it.
    ///
    /// # Errors
    ///
    /// 404, and 409 `endpoint_disabled`.
    pub async fn test(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        id: EndpointId,
    ) -> Result<Delivery, Problem> {
        let endpoint = self.enabled(tx, id).await?;
        let (kind, now) = ("webhook_endpoint.test", self.now());
        let shown = EndpointView::from(endpoint);
        let event = self.outbox.emit_published(tx, kind, &shown, now).await?;
        let delivery = Delivery::new(tx.tenant(), id, (event, kind), now);
        let delivery = tx.repo::<Delivery>().insert(delivery).await?;
        self.order(tx, context, delivery.id, now).await?;
        Ok(delivery)
    }

    /// Sends a delivery anew, with the same id.
    ///
    /// # Errors
    ///
    /// 404, 409 `delivery_pending`, and 409 `endpoint_disabled`.
    pub async fn replay(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        id: DeliveryId,
    ) -> Result<Delivery, Problem> {
        let mut delivery = tx.repo::<Delivery>().get(&id).await?.ok_or_else(missing)?;
        self.enabled(tx, delivery.endpoint_id).await?;
        if delivery.state == DeliveryState::Pending {
            return Err(Problem::new(409, "delivery_pending", "The delivery is on its way"));
        }
        let now = self.now();
        delivery.restart(now);
        let delivery = tx.repo::<Delivery>().update(delivery).await?;
        self.order(tx, context, id, now).await?;
        Ok(delivery)
    }

    /// Returns an endpoint that is sent to.
    pub(super) async fn enabled(
        &self,
        tx: &mut TenantTx,
        id: EndpointId,
    ) -> Result<Endpoint, Problem> {
        let endpoint = tx.repo::<Endpoint>().get(&id).await?.ok_or_else(missing)?;
        if endpoint.state == EndpointState::Disabled {
            return Err(Problem::new(409, "endpoint_disabled", "The endpoint is disabled"));
        }
        Ok(endpoint)
    }

    /// Has an event sent to an endpoint, anew if it was sent before.
    pub(super) async fn send(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        endpoint: EndpointId,
        event: &Event,
    ) -> Result<(), Error> {
        let (tenant, now) = (tx.tenant(), self.now());
        let of_both = Delivery::ENDPOINT_ID.eq(endpoint).and(Delivery::EVENT_ID.eq(event.id));
        let id = match tx.repo::<Delivery>().find(of_both).await? {
            Some(delivery) if delivery.state == DeliveryState::Pending => return Ok(()),
            Some(mut delivery) => {
                delivery.restart(now);
                tx.repo::<Delivery>().update(delivery).await?.id
            }
            None => {
                let delivery = Delivery::new(tenant, endpoint, (event.id, &event.kind), now);
                tx.repo::<Delivery>().insert(delivery).await?.id
            }
        };
        self.order(tx, context, id, now).await.map(drop)
    }

    /// Enqueues the job that sends it.
    pub(super) async fn order(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        id: DeliveryId,
        run_at: OffsetDateTime,
    ) -> Result<JobId, Error> {
        let payload = Order { delivery: id.uuid() };
        let job = NewJob { kind: DELIVER, payload: &payload, run_at, priority: 0 };
        self.jobs.enqueue(tx, context, job).await
    }

    fn sealed(
        &self,
        tenant: TenantId,
        id: EndpointId,
        secret: &SigningSecret,
    ) -> Result<Vec<u8>, Error> {
        self.sealer.seal(tenant, &purpose(id.uuid()), secret.as_bytes())
    }

    /// Returns what signs now: the secret, and the one before it for a day.
    pub(super) fn secrets(
        &self,
        endpoint: &Endpoint,
        now: OffsetDateTime,
    ) -> Result<Vec<SigningSecret>, Error> {
        let previous = endpoint.previous_until.is_some_and(|until| now < until);
        let previous = endpoint.previous_secret.iter().filter(|_| previous);
        let purpose = purpose(endpoint.id.uuid());
        std::iter::once(&endpoint.secret)
            .chain(previous)
            .map(|sealed| self.sealer.open(endpoint.tenant_id, &purpose, sealed))
            .map(|secret| secret.map(SigningSecret::from_bytes))
            .collect()
    }

    /// Lists the endpoints that events are sent to.
    pub(super) async fn receivers(&self, tx: &mut TenantTx) -> Result<Vec<Endpoint>, Error> {
        let enabled = Endpoint::STATE.eq(EndpointState::Enabled);
        Ok(tx.repo::<Endpoint>().list(List::oldest(100).filter(enabled)).await?.items)
    }
}

/// The place of a secret: it opens in no other row.
fn purpose(id: Uuid) -> String {
    format!("webhook endpoint/{id}")
}

fn require_line(text: Option<&str>) -> Result<(), Problem> {
    let good =
        |text: &str| (1..=200).contains(&text.chars().count()) && !text.contains(char::is_control);
    if text.is_none_or(good) {
        return Ok(());
    }
    Err(Problem::new(422, "field_invalid", "A field is not valid")
        .with_param("description")
        .with_detail("1 to 200 characters on one line are expected"))
}
