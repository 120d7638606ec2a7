use std::sync::Arc;

use tenancy_core::{Error, ErrorKind, List, TenantContext, TenantDirectory, TenantId, TenantKey};
use tenancy_sqlx::TenantDb;
use tokio::sync::Semaphore;

use super::{Delivery, Webhooks};
use crate::events::Event;

/// Has each event sent to the endpoints that want it.
#[derive(Clone)]
pub struct Publisher {
    webhooks: Webhooks,
    db: TenantDb,
    directory: Arc<dyn TenantDirectory>,
}

/// How many tenants' events are published at once: one that is slow holds up no other.
const AT_ONCE: usize = 4;

/// How many events of a tenant go into one transaction.
const BATCH: u16 = 50;

impl Publisher {
    /// Makes a publisher.
    pub fn new(webhooks: Webhooks, db: TenantDb, directory: Arc<dyn TenantDirectory>) -> Self {
        Self { webhooks, db, directory }
    }

    /// Publishes what the outbox notes, until it is dropped. It may be dropped anywhere.
    pub async fn run(self) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            for tenant in self.webhooks.outbox.noted().await {
                let Ok(permit) = room.clone().acquire_owned().await else { return };
                let publisher = self.clone();
                tokio::spawn(async move {
                    publisher.publish_all(tenant).await;
                    drop(permit);
                });
            }
        }
    }

    async fn publish_all(&self, tenant: TenantId) {
        loop {
            match self.publish(tenant).await {
                Ok(false) => return,
                Ok(true) => {}
                // Another process publishes the same: whoever is second finds nothing to do.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => {
                    tracing::warn!(%error, "events are published later");
                    let outbox = self.webhooks.outbox.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                        outbox.note(tenant);
                    });
                    return;
                }
            }
        }
    }

    /// Publishes some events. Tells whether there may be more.
    async fn publish(&self, tenant: TenantId) -> Result<bool, Error> {
        let waiting = List::oldest(BATCH).filter(Event::PUBLISHED_AT.is_none());
        let events = self.db.read_latest(tenant).repo::<Event>().list(waiting).await?;
        if events.items.is_empty() {
            return Ok(false);
        }
        let entry = self.directory.find(&TenantKey::Id(tenant)).await?;
        let Some(entry) = entry else { return Ok(false) };
        let (context, now) = (TenantContext::for_program(entry.tenant), self.webhooks.now());
        let mut tx = self.db.tenant(tenant);
        let endpoints = self.webhooks.receivers(&mut tx).await?;
        for event in &events.items {
            // First: of two processes one goes on.
            let mine = tx
                .sql("UPDATE events SET published_at = $2 WHERE id = $1 AND published_at IS NULL")
                .bind(event.id)
                .bind(Some(now))
                .execute()
                .await?;
            if mine == 0 {
                continue;
            }
            for endpoint in endpoints.iter().filter(|endpoint| endpoint.wants(&event.kind)) {
                let told = (event.id, event.kind.as_str());
                let delivery = Delivery::new(tenant, endpoint.id, told, now);
                let delivery = tx.repo::<Delivery>().insert(delivery).await?;
                self.webhooks.order(&mut tx, &context, delivery.id, now).await?;
            }
        }
        tx.commit().await?;
        Ok(events.has_more)
    }
}
