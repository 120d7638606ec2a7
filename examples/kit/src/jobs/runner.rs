use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{Clock as _, Error, ErrorKind, List, SystemClock, TenantDirectory, TenantId};
use tenancy_sqlx::TenantDb;
use time::OffsetDateTime;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::queue::sealed_payload;
use super::{Handlers, Job, JobState, Jobs, Settled, Taken};
use crate::resilience::Backoff;

/// Does the jobs of all tenants, some at once.
#[derive(Clone)]
pub struct Runner {
    jobs: Jobs,
    db: TenantDb,
    directory: Arc<dyn TenantDirectory>,
    handlers: Handlers,
}

/// How many jobs a process does at once.
const AT_ONCE: usize = 16;

/// How long a job may take.
const LONGEST: Duration = Duration::from_secs(15);

/// How long a worker has a job for itself. Longer than a job may take, so that none is begun
/// elsewhere while it runs.
const LEASE: time::Duration = time::Duration::seconds(20);

/// How long a job that fails waits, and how often it may fail.
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_hours(1));
const ATTEMPTS: u32 = 20;

/// How soon a tenant that is not served is asked about again.
const HELD: time::Duration = time::Duration::minutes(1);

impl Runner {
    /// Makes a runner. Of what `directory` does not serve, no job runs.
    pub fn new(
        jobs: Jobs,
        db: TenantDb,
        directory: Arc<dyn TenantDirectory>,
        handlers: Handlers,
    ) -> Self {
        Self { jobs, db, directory, handlers }
    }

    /// Does jobs until `stop` says so; then finishes those that were begun.
    ///
    /// `moved` tells that the clock was moved.
    pub async fn run(
        self,
        mut stop: watch::Receiver<bool>,
        mut moved: Option<watch::Receiver<()>>,
    ) {
        let (room, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        while !*stop.borrow() {
            let permit = tokio::select! {
                Ok(permit) = room.clone().acquire_owned() => permit,
                _ = stop.changed() => continue,
            };
            while running.try_join_next().is_some() {}
            let (turn, next) = {
                let mut rota = self.jobs.rota();
                (rota.take(self.jobs.now()), rota.next())
            };
            if let Some(tenant) = turn {
                let runner = self.clone();
                running.spawn(async move {
                    runner.serve(tenant).await;
                    drop(permit);
                });
                continue;
            }
            drop(permit);
            tokio::select! {
                () = self.jobs.woken() => {}
                () = until(next, self.jobs.now()) => {}
                () = clock_moves(&mut moved) => {}
                _ = stop.changed() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Does one job of a tenant, if there is one that is due.
    async fn serve(&self, tenant: TenantId) {
        let taken = self.take(tenant).await;
        let found = matches!(taken, Ok(Some(_)));
        if taken.is_err() {
            let soon = self.jobs.now() + time::Duration::seconds(1);
            self.jobs.rota().note(tenant, soon);
        }
        self.jobs.rota().looked(tenant, found);
        self.jobs.wake();
        match taken {
            Ok(None) => return,
            Ok(Some(job)) => self.do_it(job).await,
            Err(error) => {
                tracing::warn!(%error, "jobs are looked for later");
                return;
            }
        }
        self.jobs.rota().ended(tenant);
        self.jobs.wake();
    }

    /// Leases the job whose turn it is. When there is none, notes when there will be one.
    async fn take(&self, tenant: TenantId) -> Result<Option<Job>, Error> {
        let (now, real) = (self.jobs.now(), SystemClock.now());
        // Some, for another process may take the first at the same time.
        let free = Job::LEASED_UNTIL.is_none().or(Job::LEASED_UNTIL.lt(real));
        let waiting = || Job::STATE.eq(JobState::Waiting);
        let due = List::oldest(8)
            .filter(waiting().and(Job::RUN_AT.le(now)).and(free))
            .order_by(Job::PRIORITY.desc())
            .order_by(Job::RUN_AT.asc());
        let due = self.db.read_latest(tenant).repo::<Job>().list(due).await?.items;
        for job in due {
            let changes = [Job::LEASED_UNTIL.set(Some(real + LEASE)), Job::ATTEMPTS.add(1)];
            let mut tx = self.db.tenant(tenant);
            match tx.repo::<Job>().patch_version(&job.id, job.version, changes).await {
                Ok(job) => {
                    tx.commit().await?;
                    return Ok(Some(job));
                }
                Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {
                }
                Err(error) => return Err(error),
            }
        }
        let mut tx = self.db.read_latest(tenant);
        let later =
            List::oldest(1).filter(waiting().and(Job::RUN_AT.gt(now))).order_by(Job::RUN_AT.asc());
        let later = tx.repo::<Job>().list(later).await?.items.pop().map(|job| job.run_at);
        // What somebody else has: it may have died over it.
        let leased = List::oldest(1)
            .filter(waiting().and(Job::LEASED_UNTIL.ge(real)))
            .order_by(Job::LEASED_UNTIL.asc());
        let leased = tx.repo::<Job>().list(leased).await?.items.pop();
        let over =
            leased.and_then(|job| job.leased_until).map(|until| now + (until - real) + TOLERANCE);
        for at in later.into_iter().chain(over) {
            self.jobs.rota().note(tenant, at);
        }
        Ok(None)
    }

    async fn do_it(&self, job: Job) {
        let (jobs, db, directory) = (self.jobs.clone(), self.db.clone(), self.directory.clone());
        let sealed = sealed_payload(job.id, &job.payload);
        let opened = jobs.keys().open(job.envelope.as_str(), &job.kind, sealed.as_bytes());
        let handler = self.handlers.of(&job.kind).cloned();
        let context = match opened {
            Ok(opened) if opened.tenant_id() == job.tenant_id => match &handler {
                Some(handler) if handler.serves_suspended() => {
                    opened.for_suspended(&*directory).await
                }
                _ => opened.for_writing(&*directory).await,
            },
            Ok(_) => {
                Err(Error::new(ErrorKind::ForeignTenant, "open a job: it is another tenant's"))
            }
            Err(error) => Err(error),
        };
        let context = match context {
            Ok(context) => context,
            Err(error) => return self.not_run(&job, &error).await,
        };
        let Some(handler) = handler else {
            let error = Error::new(ErrorKind::Misconfigured, "do a job: its kind has no handler");
            return self.fail(&job, &error, Some(HELD.unsigned_abs())).await;
        };
        let taken = Taken { jobs, db, job: job.clone(), context: context.clone() };
        let run = context.scope(async move { handler.run(taken).await });
        let done = tokio::spawn(async move { timeout(LONGEST, run).await }).await;
        let error = match done {
            Ok(Ok(Ok(Settled(())))) => return,
            Ok(Ok(Err(error))) => error,
            Ok(Err(_)) => Error::new(ErrorKind::Unavailable, "do a job: it took too long"),
            Err(panic) => {
                Error::new(ErrorKind::Internal, "do a job: it panicked").with_source(panic)
            }
        };
        let failures = u32::try_from(job.attempts).unwrap_or(u32::MAX);
        let again = (failures < ATTEMPTS).then(|| BACKOFF.pause(failures));
        self.fail(&job, &error, again).await;
    }

    /// The tenant is not served, for now or for good, or the job is not what was enqueued.
    async fn not_run(&self, job: &Job, error: &Error) {
        let held = [
            ErrorKind::TenantSuspended,
            ErrorKind::TenantReadOnly,
            ErrorKind::TenantProvisioning,
            ErrorKind::Unavailable,
            ErrorKind::Overloaded,
        ];
        let wait = held.contains(&error.kind()).then_some(HELD);
        self.fail(job, error, wait.map(time::Duration::unsigned_abs)).await;
    }

    async fn fail(&self, job: &Job, error: &Error, wait: Option<Duration>) {
        tracing::warn!(job.kind, job.attempts, %error, "a job was not done");
        let written = async {
            let mut tx = self.db.tenant(job.tenant_id);
            let at = self.jobs.now() + wait.unwrap_or_default();
            let mut changes =
                vec![Job::LEASED_UNTIL.set(None), Job::LAST_ERROR.set(Some(error.to_string()))];
            changes.push(match wait {
                Some(_) => Job::RUN_AT.set(at),
                None => Job::STATE.set(JobState::Dead),
            });
            tx.repo::<Job>().patch_version(&job.id, job.version, changes).await?;
            tx.commit().await?;
            if wait.is_some() {
                self.jobs.note(job.tenant_id, at);
            }
            Ok::<_, Error>(())
        };
        // The handler may have settled it and then failed, or the lease is over: then it is not ours.
        if let Err(error) = written.await {
            tracing::warn!(%error, "what became of a job was not written down");
        }
    }
}

/// A lease that is over by the skin of its teeth is not looked at twice.
const TOLERANCE: time::Duration = time::Duration::milliseconds(10);

async fn until(next: Option<OffsetDateTime>, now: OffsetDateTime) {
    match next {
        Some(at) => sleep((at - now).max(time::Duration::ZERO).unsigned_abs()).await,
        None => std::future::pending().await,
    }
}

async fn clock_moves(moved: &mut Option<watch::Receiver<()>>) {
    if let Some(moved) = moved
        && moved.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}
