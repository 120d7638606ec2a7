//! What do 10,000 distinct unknown tenants a second do to those that are there?
//!
//! One thread serves requests of known tenants, one after the other; another sends the unknown
//! names, evenly, through the same application. Rounds with and without them take turns. The
//! directory's source takes a millisecond, like a database. A round leaves the time that 99 of
//! 100 known requests stay below, and the memory of the process after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::{Router, routing::get};
use http::{Request, StatusCode};
use tenancy_axum::{CurrentTenant, TenantLayer};
use tenancy_benches::{record, resident_bytes};
use tenancy_core::resolve::SubdomainResolver;
use tenancy_core::{
    CacheOptions, CachedDirectory, DirectoryEntry, Error, MemoryDirectory, PlanCatalogue,
    ResolverChain, Tenant, TenantDirectory, TenantId, TenantKey, TenantSlug, async_trait,
};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

const KNOWN: usize = 1_000;
const UNKNOWN_EACH_SECOND: usize = 10_000;
const ROUNDS: usize = 8;

/// A directory that takes its time.
struct Database(MemoryDirectory);

#[async_trait]
impl TenantDirectory for Database {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.0.find(key).await
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

fn application() -> Router {
    let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
    let source = MemoryDirectory::new();
    for number in 0..KNOWN {
        let slug = TenantSlug::parse(&format!("known-{number}")).expect("a slug");
        let tenant = Tenant::new(TenantId::generate(), slug, plan.clone());
        source.insert(tenant).expect("a new slug");
    }
    let directory = CachedDirectory::new(Database(source), CacheOptions::new());
    let chain = ResolverChain::new(Arc::new(directory))
        .with(SubdomainResolver::under("example.com").expect("a domain"));
    Router::new()
        .route("/", get(|tenant: CurrentTenant| async move { tenant.slug().to_string() }))
        .layer(TenantLayer::new(chain))
}

async fn ask(app: &Router, tenant: &str) -> StatusCode {
    let request = Request::get("/").header("host", format!("{tenant}.example.com"));
    let request = request.body(Body::empty()).expect("a request");
    app.clone().oneshot(request).await.expect("it does not fail").status()
}

/// How many requests took how long. It takes the same memory however many there are: a list of
/// them would be most of what the process takes, and more on a fast minute.
struct Times(Vec<u32>);

/// The width of a step, in nanoseconds; the last one holds all that took longer.
const STEP: usize = 4;
const STEPS: usize = 1 << 18;

impl Times {
    fn new() -> Self {
        Self(vec![0; STEPS])
    }

    fn add(&mut self, time: Duration) {
        let step = usize::try_from(time.as_nanos()).unwrap_or(usize::MAX) / STEP;
        self.0[step.min(STEPS - 1)] += 1;
    }

    /// Returns the time that 99 of 100 stay below, in nanoseconds.
    fn p99(&self) -> f64 {
        let all: u32 = self.0.iter().sum();
        let mut left = all / 100;
        let above = self.0.iter().rev().take_while(|count| match left.checked_sub(**count) {
            Some(less) => {
                left = less;
                true
            }
            None => false,
        });
        let step = u32::try_from((STEPS - above.count()) * STEP);
        f64::from(step.expect("a millisecond"))
    }
}

/// Serves known tenants for a while; returns the time that 99 of 100 stay below, in nanoseconds.
fn serve_known(runtime: &Runtime, app: &Router, time: Duration) -> f64 {
    let mut times = Times::new();
    let end = Instant::now() + time;
    runtime.block_on(async {
        for number in (0..KNOWN).cycle() {
            let started = Instant::now();
            if started > end {
                break;
            }
            assert_eq!(ask(app, &format!("known-{number}")).await, StatusCode::OK);
            times.add(started.elapsed());
        }
    });
    times.p99()
}

/// Asks for names that nobody has, each once, until it is told to stop; returns how many.
fn flood(app: &Router, next: &AtomicUsize, stop: &AtomicBool) -> usize {
    let mut sent = 0;
    let started = Instant::now();
    runtime().block_on(async {
        let mut tick = tokio::time::interval(Duration::from_millis(1));
        let mut asked = tokio::task::JoinSet::new();
        while !stop.load(Ordering::Relaxed) {
            tick.tick().await;
            let due = started.elapsed().as_micros() * UNKNOWN_EACH_SECOND as u128 / 1_000_000;
            while (sent as u128) < due {
                sent += 1;
                let (app, number) = (app.clone(), next.fetch_add(1, Ordering::Relaxed));
                asked.spawn(async move { ask(&app, &format!("unknown-{number}")).await });
            }
            while let Some(answer) = asked.try_join_next() {
                assert_eq!(answer.expect("it ends"), StatusCode::NOT_FOUND);
            }
        }
    });
    sent
}

fn main() {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let (rounds, time) =
        if is_measured { (ROUNDS, Duration::from_secs(2)) } else { (1, Duration::from_millis(50)) };
    let (app, known) = (application(), runtime());
    // Everything is remembered, and the allocator has what it needs.
    serve_known(&known, &app, time);
    let next = AtomicUsize::new(0);
    let (mut calm, mut flooded, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        calm.push(serve_known(&known, &app, time));
        let stop = AtomicBool::new(false);
        let sent = thread::scope(|scope| {
            let unknown = scope.spawn(|| flood(&app, &next, &stop));
            flooded.push(serve_known(&known, &app, time));
            stop.store(true, Ordering::Relaxed);
            unknown.join().expect("the flood ends")
        });
        memory.push(resident_bytes().unwrap_or(1.0));
        let (calm, flooded) = (calm[round] / 1e3, flooded[round] / 1e3);
        println!(
            "edge_misses round {round}: p99 {calm:.2} us, with {sent} unknown {flooded:.2} us, {:.1} MiB",
            memory[round] / f64::from(1 << 20),
        );
    }
    // The first round fills the room that unknown names have.
    let after_first = memory[..1].to_vec();
    let after_all = memory[rounds - 1..].to_vec();
    for (name, rounds) in [
        ("calm", calm),
        ("flooded", flooded),
        ("memory_after_first", after_first),
        ("memory_after_all", after_all),
    ] {
        record(&format!("edge_misses/{name}"), &rounds).expect("a folder");
    }
}
