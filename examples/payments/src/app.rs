use std::sync::Arc;

use axum::extract::FromRef;
use kit::DemoClock;
use kit::events::{Outbox, Subject};
use kit::inbound::Inbound;
use kit::jobs::Jobs;
use kit::webhooks::Webhooks;
use tenancy_core::audit::{AuditLog, Auditor};
use tenancy_core::limit::RateLimiter;
use tenancy_core::usage::UsageMeter;
use tenancy_core::{Clock, Error, PlanCatalogue, TenantDirectory, TenantId};
use tenancy_redis::RedisStore;
use tenancy_sqlx::{SqlDirectory, TenantDb, TenantTx};
use time::OffsetDateTime;

use crate::audit::AuditStore;
use crate::connectors::Connector;
use crate::integrations::Integrations;
use crate::patience::Patience;
use crate::payments::OpenWork;
use crate::people::Desk;
use crate::tokens::KeyRing;

/// What the platform runs on; put together by [`Service`](crate::Service).
#[derive(Clone)]
pub(crate) struct Backends {
    /// Customers and payments.
    pub(crate) db: TenantDb,
    /// The tenants.
    pub(crate) directory: Arc<dyn TenantDirectory>,
    /// The same, to change them.
    pub(crate) tenants: SqlDirectory,
    /// The plans they can have.
    pub(crate) plans: PlanCatalogue,
    /// How fast a tenant may go.
    pub(crate) limiter: Arc<dyn RateLimiter>,
    /// How much a tenant uses.
    pub(crate) meter: Arc<dyn UsageMeter>,
    /// Who is asked for money where a tenant has no connection.
    pub(crate) simulator: Arc<dyn Connector>,
    /// The tenants' connections to providers.
    pub(crate) integrations: Arc<Integrations>,
    /// People, their sessions and keys.
    pub(crate) people: Desk,
    /// What signs access tokens.
    pub(crate) tokens: KeyRing,
    /// The server behind the two, if they are shared.
    pub(crate) redis: Option<RedisStore>,
    /// The time of day.
    pub(crate) clock: Arc<dyn Clock>,
    /// The same, if it can be moved.
    pub(crate) demo_clock: Option<DemoClock>,
    /// What has happened.
    pub(crate) outbox: Outbox,
    /// What is to be done later.
    pub(crate) jobs: Jobs,
    /// Who tells of events.
    pub(crate) inbound: Inbound,
    /// Who is told of events.
    pub(crate) webhooks: Webhooks,
    /// How long a request may wait for them.
    pub(crate) patience: Patience,
    /// Who did what.
    pub(crate) audit: AuditStore,
}

/// The state of all handlers.
#[derive(Clone)]
pub(crate) struct App {
    backends: Backends,
    base_domain: Arc<str>,
    neighbours: Arc<[Neighbour]>,
    open_work: Arc<OpenWork>,
}

/// A tenant whose page anybody may know of.
#[derive(Debug, Clone)]
pub(crate) struct Neighbour {
    /// The name people read.
    pub(crate) name: String,
    /// The name of its plan.
    pub(crate) plan: String,
    /// Whether it is served.
    pub(crate) status: String,
    /// Its page.
    pub(crate) url: String,
}

impl App {
    pub(crate) fn new(backends: Backends, base_domain: &str, neighbours: Vec<Neighbour>) -> Self {
        Self {
            backends,
            base_domain: base_domain.into(),
            neighbours: neighbours.into(),
            open_work: Arc::default(),
        }
    }

    pub(crate) fn db(&self) -> &TenantDb {
        &self.backends.db
    }

    pub(crate) const fn tenants(&self) -> &SqlDirectory {
        &self.backends.tenants
    }

    pub(crate) const fn plans(&self) -> &PlanCatalogue {
        &self.backends.plans
    }

    pub(crate) fn directory(&self) -> &dyn TenantDirectory {
        &*self.backends.directory
    }

    pub(crate) fn people(&self) -> &Desk {
        &self.backends.people
    }

    pub(crate) fn tokens(&self) -> &KeyRing {
        &self.backends.tokens
    }

    pub(crate) fn limiter(&self) -> &Arc<dyn RateLimiter> {
        &self.backends.limiter
    }

    pub(crate) fn meter(&self) -> &Arc<dyn UsageMeter> {
        &self.backends.meter
    }

    pub(crate) fn simulator(&self) -> &Arc<dyn Connector> {
        &self.backends.simulator
    }

    pub(crate) fn integrations(&self) -> &Integrations {
        &self.backends.integrations
    }

    pub(crate) fn open_work(&self) -> &OpenWork {
        &self.open_work
    }

    /// Has the tenant's open questions asked until they are answered.
    pub(crate) fn follow_up(&self, tenant: TenantId) {
        self.open_work.note(tenant, self.now());
    }

    /// Writes what has happened to an object down, in the transaction in which it happens.
    pub(crate) async fn emit(
        &self,
        tx: &mut TenantTx,
        subject: &impl Subject,
    ) -> Result<(), Error> {
        self.backends.outbox.emit(tx, subject, self.now()).await.map(drop)
    }

    /// Looks for whatever a tenant has left open: a process that was killed told nobody.
    pub(crate) fn look_through(&self, tenant: TenantId) {
        self.follow_up(tenant);
        self.backends.outbox.note(tenant);
        self.backends.jobs.note(tenant, self.now());
    }

    pub(crate) fn backends(&self) -> &Backends {
        &self.backends
    }

    pub(crate) fn inbound(&self) -> &Inbound {
        &self.backends.inbound
    }

    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.backends.webhooks
    }

    pub(crate) fn audit_log(&self) -> &Arc<dyn AuditLog> {
        self.backends.audit.log()
    }

    pub(crate) fn auditor(&self) -> &Auditor {
        self.backends.audit.auditor()
    }

    pub(crate) fn redis(&self) -> Option<&RedisStore> {
        self.backends.redis.as_ref()
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.backends.clock.now()
    }

    pub(crate) fn patience(&self) -> Patience {
        self.backends.patience
    }

    pub(crate) fn base_domain(&self) -> &str {
        &self.base_domain
    }

    pub(crate) fn neighbours(&self) -> &[Neighbour] {
        &self.neighbours
    }
}

impl FromRef<App> for TenantDb {
    fn from_ref(app: &App) -> Self {
        app.db().clone()
    }
}
