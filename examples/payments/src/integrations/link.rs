use std::sync::Arc;
use std::time::Duration;

use kit::resilience::Backoff;
use tenancy_core::{Problem, TenantContext, TenantId};
use tokio::time::{Instant, sleep, timeout_at};

use super::Connection;
use super::call_log::{CallOutcome, ProviderCall};
use super::connection::BreakerRule;
use super::guard::Guard;
use crate::app::App;
use crate::connectors::{CallError, Connector, Order, Question, Report};
use crate::ids::{ConnectionId, ProviderCallId, missing};
use crate::payments::attempts::Attempt;

/// A provider as one tenant asks it: within a time, not too many at once, not while it is known to
/// be away, again where that is safe, and written down.
#[derive(Clone)]
pub(crate) struct Link {
    connector: Arc<dyn Connector>,
    remote: Option<Remote>,
}

/// A provider over the network; the simulator is none.
#[derive(Clone)]
struct Remote {
    tenant: TenantId,
    connection: ConnectionId,
    rule: BreakerRule,
    guard: Arc<Guard>,
}

/// The pauses before a call is made again.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(400));

/// How often a call is made at most.
const TRIES: u32 = 3;

impl Link {
    /// The provider within the process.
    pub(super) fn simulator(app: &App) -> Self {
        Self { connector: app.simulator().clone(), remote: None }
    }

    /// A tenant's connection.
    pub(super) fn of(app: &App, connection: &Connection) -> Result<Self, Problem> {
        let remote = Remote {
            tenant: connection.tenant_id,
            connection: connection.id,
            rule: connection.breaker,
            guard: app.integrations().guard(connection),
        };
        let connector = app.integrations().connector(connection)?;
        Ok(Self { connector, remote: Some(remote) })
    }

    /// The one that an attempt was made with: whatever follows from it is asked there.
    pub(crate) async fn of_attempt(app: &App, attempt: &Attempt) -> Result<Self, Problem> {
        let Some(id) = attempt.connection_id else { return Ok(Self::simulator(app)) };
        let mut tx = app.db().read(attempt.tenant_id);
        let connection = tx.repo::<Connection>().get(&id).await?.ok_or_else(missing)?;
        drop(tx);
        Self::of(app, &connection)
    }

    /// Returns the connection; `None` for the simulator.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.remote.as_ref().map(|remote| remote.connection)
    }

    /// Returns the provider's name.
    pub(crate) fn name(&self) -> &'static str {
        self.connector.name()
    }

    /// See [`Connector::settles_within`].
    pub(crate) fn settles_within(&self) -> time::Duration {
        self.connector.settles_within()
    }

    /// See [`Connector::authorize`].
    pub(crate) async fn authorize(
        &self,
        app: &App,
        order: &Order<'_>,
        payment_method: &str,
        capture: bool,
    ) -> Result<Report, CallError> {
        let ask = || self.connector.authorize(order, payment_method, capture);
        self.call(app, "authorize", order.request_id, ask).await
    }

    /// See [`Connector::capture`].
    pub(crate) async fn capture(
        &self,
        app: &App,
        order: &Order<'_>,
        reference: &str,
    ) -> Result<Report, CallError> {
        let ask = || self.connector.capture(order, reference);
        self.call(app, "capture", order.request_id, ask).await
    }

    /// See [`Connector::refund`].
    pub(crate) async fn refund(
        &self,
        app: &App,
        order: &Order<'_>,
        reference: &str,
    ) -> Result<Report, CallError> {
        let ask = || self.connector.refund(order, reference);
        self.call(app, "refund", order.request_id, ask).await
    }

    /// See [`Connector::void`].
    pub(crate) async fn void(&self, app: &App, reference: &str) -> Result<(), CallError> {
        self.call(app, "void", reference, || self.connector.void(reference)).await
    }

    /// See [`Connector::find`].
    pub(crate) async fn find(
        &self,
        app: &App,
        question: &Question<'_>,
    ) -> Result<Option<Report>, CallError> {
        let ask = || self.connector.find(question);
        self.call(app, "find", question.request_id(), ask).await
    }

    /// Makes a call that changes nothing, once, even where the breaker is open.
    pub(super) async fn ping(&self, app: &App) -> (Result<(), CallError>, Duration) {
        let started = Instant::now();
        let deadline = started + app.patience().provider;
        let result = timeout_at(deadline, self.connector.ping()).await;
        let result = result.unwrap_or(Err(CallError::Unknown(None)));
        let took = started.elapsed();
        if let Some(remote) = &self.remote {
            remote.write_down(app, "ping", "", 1, result.err(), took);
        }
        (result, took)
    }

    /// Every request has an id that is done once: so what failed may be asked again. What may have
    /// been done once stays so, whatever a later try says.
    async fn call<T, F>(
        &self,
        app: &App,
        operation: &'static str,
        request_id: &str,
        ask: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let deadline = Instant::now() + app.patience().provider;
        let Some(remote) = &self.remote else {
            return timeout_at(deadline, ask()).await.unwrap_or(Err(CallError::Unknown(None)));
        };
        remote.guard.budget.deposit();
        let mut doubt = None;
        for tried in 1.. {
            let error = match remote.once(app, operation, request_id, tried, deadline, ask()).await
            {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.may_have_been_done() {
                doubt = Some(error);
            }
            let pause = PAUSES.pause(tried - 1);
            let is_over = tried == TRIES
                || matches!(error, CallError::Refused(_))
                || Instant::now() + pause >= deadline
                || !remote.guard.admits(remote.rule, app.now())
                || !remote.guard.budget.withdraw();
            if is_over {
                return Err(doubt.unwrap_or(error));
            }
            sleep(pause).await;
        }
        unreachable!("the last try ends it")
    }
}

impl Remote {
    async fn once<T>(
        &self,
        app: &App,
        operation: &'static str,
        request_id: &str,
        tried: u32,
        deadline: Instant,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let Some(admission) = self.guard.enter(self.rule, app.now()).await else {
            return Err(CallError::NotSent(None));
        };
        let started = Instant::now();
        let result = timeout_at(deadline, call).await.unwrap_or(Err(CallError::Unknown(None)));
        let error = result.as_ref().err().copied();
        admission.end(self.tenant, error, app.now());
        self.write_down(app, operation, request_id, tried, error, started.elapsed());
        result
    }

    /// Not waited for: a call is no less made when it cannot be written down.
    fn write_down(
        &self,
        app: &App,
        operation: &'static str,
        request_id: &str,
        tried: u32,
        error: Option<CallError>,
        took: Duration,
    ) {
        let call = ProviderCall {
            id: ProviderCallId::generate(),
            tenant_id: self.tenant,
            connection_id: self.connection,
            operation: operation.to_owned(),
            request_id: request_id.to_owned(),
            attempt: tried.into(),
            outcome: CallOutcome::of(error),
            status: error.and_then(CallError::status).map(i64::from),
            duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            created_at: app.now(),
        };
        let (db, tenant) = (app.db().clone(), self.tenant);
        TenantContext::spawn(async move {
            let mut tx = db.tenant(tenant);
            let written = match tx.repo::<ProviderCall>().insert(call).await {
                Ok(_) => tx.commit().await,
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                tracing::warn!(%error, "a call of a provider was not written down");
            }
        });
    }
}
