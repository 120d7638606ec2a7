use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tenancy_core::{
    Actor, ActorKind, Clock as _, Error, ErrorKind, MemoryDirectory, PlanCatalogue, Tenant,
    TenantContext, TenantDirectory, TenantId, TenantSlug, TenantStatus,
};
use tenancy_sqlx::TenantDb;
use tokio::sync::{Notify, watch};

use super::{Handler, Handlers, Job, JobState, Jobs, NewJob, PlatformKey, Runner, Settled, Taken};
use crate::DemoClock;

/// Two tenants with work to do.
struct World {
    db: TenantDb,
    directory: Arc<MemoryDirectory>,
    clock: DemoClock,
    jobs: Jobs,
    tenants: [TenantContext; 2],
}

impl World {
    async fn new() -> Self {
        let options = TenantDb::options().register::<Job>().register_shared::<PlatformKey>();
        let db = options.connect("sqlite::memory:").await.unwrap();
        db.migrate(&[super::migration(1)]).await.unwrap();
        let directory = Arc::new(MemoryDirectory::new());
        let tenants = ["harbor", "summit"].map(|slug| {
            let plan = PlanCatalogue::example().plan("starter").unwrap();
            let slug = TenantSlug::parse(slug).unwrap();
            let tenant = Tenant::new(TenantId::generate(), slug.clone(), plan);
            let tenant = tenant.with_status(TenantStatus::Active);
            directory.insert(tenant.clone()).unwrap();
            let actor = Actor::new(ActorKind::User, format!("user of {}", slug.as_str()));
            TenantContext::for_program(Arc::new(tenant)).with_actor(actor)
        });
        let clock = DemoClock::ahead(Duration::ZERO);
        let jobs = Self::queue(&db, &clock).await;
        Self { db, directory, clock, jobs, tenants }
    }

    async fn queue(db: &TenantDb, clock: &DemoClock) -> Jobs {
        Jobs::new(PlatformKey::envelopes(db).await.unwrap(), Arc::new(clock.clone()))
    }

    async fn enqueue(&self, of: usize, payload: u32) {
        let context = &self.tenants[of];
        let mut tx = self.db.tenant(context.tenant_id());
        let run_at = self.clock.now();
        let job = NewJob { kind: "count", payload: &payload, run_at, priority: 0 };
        self.jobs.enqueue(&mut tx, context, job).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Another process on the same database.
    async fn other(&self) -> Jobs {
        let jobs = Self::queue(&self.db, &self.clock).await;
        for context in &self.tenants {
            jobs.note(context.tenant_id(), self.clock.now());
        }
        jobs
    }

    fn run(&self, jobs: &Jobs, count: &Count) -> Running {
        let directory: Arc<dyn TenantDirectory> = self.directory.clone();
        let handlers = Handlers::default().with("count", count.clone());
        let runner = Runner::new(jobs.clone(), self.db.clone(), directory, handlers);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(runner.run(stopped, Some(self.clock.moves())));
        Running { task, stop }
    }

    async fn left(&self) -> u64 {
        let mut left = 0;
        for context in &self.tenants {
            left += self.db.read(context.tenant_id()).repo::<Job>().count().await.unwrap();
        }
        left
    }

    async fn one(&self, of: usize) -> Job {
        let tenant = self.tenants[of].tenant_id();
        let all = tenancy_core::List::newest(2);
        let mut jobs = self.db.read(tenant).repo::<Job>().list(all).await.unwrap().items;
        assert_eq!(jobs.len(), 1);
        jobs.remove(0)
    }
}

struct Running {
    task: tokio::task::JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Running {
    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

/// Notes what is done, in whose name.
#[derive(Clone, Default)]
struct Count {
    done: Arc<Mutex<Vec<(TenantId, String, u32)>>>,
    fails: bool,
    serves_suspended: bool,
    told: Arc<Notify>,
}

#[async_trait]
impl Handler for Count {
    async fn run(&self, job: Taken) -> Result<Settled, Error> {
        let context = TenantContext::current()?;
        assert_eq!(context.tenant_id(), job.job().tenant_id);
        let actor = context.actor().expect("it has one").id().to_owned();
        let number = job.payload()?;
        self.done.lock().unwrap().push((context.tenant_id(), actor, number));
        self.told.notify_one();
        if self.fails {
            return Err(Error::new(ErrorKind::Unavailable, "count"));
        }
        let mut tx = job.tx();
        let settled = job.done(&mut tx).await?;
        tx.commit().await?;
        Ok(settled)
    }

    fn serves_suspended(&self) -> bool {
        self.serves_suspended
    }
}

impl Count {
    fn numbers(&self) -> Vec<u32> {
        self.done.lock().unwrap().iter().map(|(_, _, number)| *number).collect()
    }

    async fn reaches(&self, many: usize) {
        let wait = async {
            while self.done.lock().unwrap().len() < many {
                self.told.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("in time");
    }
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..4_000 {
        if is_so().await {
            return;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn a_job_runs_once_in_the_context_it_was_enqueued_in() {
    let (world, count) = (World::new().await, Count::default());
    world.enqueue(0, 1).await;
    let running = world.run(&world.jobs, &count);
    count.reaches(1).await;
    // This process is woken at once.
    world.enqueue(1, 2).await;
    count.reaches(2).await;
    until("both are gone", async || world.left().await == 0).await;
    running.stop().await;
    let [harbor, summit] = world.tenants.each_ref().map(TenantContext::tenant_id);
    let expected =
        [(harbor, "user of harbor".to_owned(), 1), (summit, "user of summit".to_owned(), 2)];
    assert_eq!(*count.done.lock().unwrap(), expected);
}

#[tokio::test]
async fn two_processes_do_each_job_once() {
    let (world, count) = (World::new().await, Count::default());
    for number in 0..100 {
        world.enqueue(usize::from(number % 2 == 0), number).await;
    }
    let other = world.other().await;
    let running = [world.run(&world.jobs, &count), world.run(&other, &count)];
    until("all are gone", async || world.left().await == 0).await;
    for running in running {
        running.stop().await;
    }
    let mut numbers = count.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_tenant_with_many_jobs_delays_nobody() {
    let (world, count) = (World::new().await, Count::default());
    for number in 0..500 {
        world.enqueue(0, number).await;
    }
    let running = world.run(&world.jobs, &count);
    count.reaches(20).await;
    let before = count.numbers().len();
    world.enqueue(1, 1_000).await;
    until("the one of the other is done", async || count.numbers().contains(&1_000)).await;
    let place = count.numbers().iter().position(|number| *number == 1_000).unwrap();
    assert!(place < before + 100, "it was done as number {place}, enqueued behind {before}");
    assert!(world.left().await > 0, "the many are not through");
    running.stop().await;
}

#[tokio::test]
async fn what_fails_is_begun_again_later_and_given_up_at_last() {
    let (world, count) = (World::new().await, Count { fails: true, ..Count::default() });
    world.enqueue(0, 1).await;
    world.enqueue(1, 2).await;
    let running = world.run(&world.jobs, &count);
    for failures in 1..=20 {
        count.reaches(failures * 2).await;
        for of in 0..2 {
            until("it is put off", async || world.one(of).await.leased_until.is_none()).await;
        }
        world.clock.advance(Duration::from_hours(1));
    }
    for of in 0..2 {
        let job = world.one(of).await;
        assert_eq!((job.state, job.attempts), (JobState::Dead, 20));
        assert_eq!(job.last_error.as_deref(), Some("count"));
    }
    world.clock.advance(Duration::from_hours(24));
    running.stop().await;
    assert_eq!(count.numbers().len(), 40);
}

/// A worker that died leaves a lease. What it writes when it comes back from the dead is refused.
#[tokio::test]
async fn a_lease_that_is_over_gives_the_job_to_another() {
    let (world, count) = (World::new().await, Count::default());
    for of in 0..2 {
        world.enqueue(of, 7).await;
    }
    let tenant = world.tenants[0].tenant_id();
    let lease = |until: time::OffsetDateTime| {
        let db = world.db.clone();
        async move {
            let mut tx = db.tenant(tenant);
            tx.sql("UPDATE jobs SET leased_until = $1, version = version + 1 WHERE kind = 'count'")
                .bind(Some(until))
                .execute()
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    };
    let now = tenancy_core::SystemClock.now();
    lease(now + time::Duration::hours(1)).await;
    let dead = Taken {
        jobs: world.jobs.clone(),
        db: world.db.clone(),
        job: world.one(0).await,
        context: world.tenants[0].clone(),
    };
    // The demo clock says nothing about how long a process has lived.
    world.clock.advance(Duration::from_hours(100));
    let running = world.run(&world.jobs, &count);
    count.reaches(1).await;
    until("the other's is gone", async || world.left().await == 1).await;
    assert_eq!(count.done.lock().unwrap()[0].0, world.tenants[1].tenant_id());
    lease(now - time::Duration::seconds(1)).await;
    world.jobs.note(tenant, world.clock.now());
    count.reaches(2).await;
    until("all are gone", async || world.left().await == 0).await;
    running.stop().await;
    let mut tx = dead.tx();
    assert_eq!(dead.done(&mut tx).await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_job_that_was_altered_or_moved_is_not_done() {
    let (world, count) = (World::new().await, Count::default());
    for of in 0..2 {
        world.enqueue(of, 1).await;
    }
    let (stolen, own) = (world.one(0).await, world.one(1).await);
    let summit = world.tenants[1].tenant_id();
    let mut tx = world.db.tenant(summit);
    tx.repo::<Job>().patch(&own.id, [Job::PAYLOAD.set("2".to_owned())]).await.unwrap();
    // Another tenant's job, copied with its envelope and its id.
    tx.repo::<Job>().insert(Job { tenant_id: summit, ..stolen }).await.unwrap();
    tx.commit().await.unwrap();
    let running = world.run(&world.jobs, &count);
    count.reaches(1).await;
    let dead = Job::STATE.eq(JobState::Dead);
    until("both are given up", async || {
        world.db.read(summit).repo::<Job>().count_where(dead.clone()).await.unwrap() == 2
    })
    .await;
    running.stop().await;
    assert_eq!(count.done.lock().unwrap().len(), 1);
    assert_eq!(count.done.lock().unwrap()[0].0, world.tenants[0].tenant_id());
}

#[tokio::test]
async fn jobs_of_a_suspended_tenant_wait_for_it() {
    let (world, count) = (World::new().await, Count::default());
    let harbor = world.tenants[0].tenant_id();
    world.directory.set_status(harbor, TenantStatus::Suspended).unwrap();
    for of in 0..2 {
        world.enqueue(of, 1).await;
    }
    let running = world.run(&world.jobs, &count);
    count.reaches(1).await;
    until("it is put off", async || world.one(0).await.last_error.is_some()).await;
    assert_eq!(count.done.lock().unwrap()[0].0, world.tenants[1].tenant_id());
    world.directory.set_status(harbor, TenantStatus::Active).unwrap();
    world.clock.advance(Duration::from_mins(2));
    count.reaches(2).await;
    running.stop().await;
    let mut tx = world.db.tenant(harbor);
    let job = NewJob { kind: "count", payload: &1, run_at: world.clock.now(), priority: 0 };
    let foreign = world.jobs.enqueue(&mut tx, &world.tenants[1], job).await.unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::ForeignTenant);
}

#[tokio::test]
async fn jobs_that_serve_a_suspended_tenant_do_not_wait() {
    let count = Count { serves_suspended: true, ..Count::default() };
    let world = World::new().await;
    world.directory.set_status(world.tenants[0].tenant_id(), TenantStatus::Suspended).unwrap();
    world.directory.set_status(world.tenants[1].tenant_id(), TenantStatus::ReadOnly).unwrap();
    for of in 0..2 {
        world.enqueue(of, 1).await;
    }
    let running = world.run(&world.jobs, &count);
    count.reaches(1).await;
    until("the other one is put off", async || world.one(1).await.last_error.is_some()).await;
    running.stop().await;
    let done: Vec<_> = count.done.lock().unwrap().iter().map(|(tenant, ..)| *tenant).collect();
    assert_eq!(done, [world.tenants[0].tenant_id()]);
}
