//! A process with more to do than it can: one tenant offers 70 % of it, and the others do not
//! notice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tenancy_axum::FairShareLayer;
use tenancy_core::{ApiKey, ApiKeySecret, PlanCatalogue, Tenant, TenantId, TenantSlug};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::super::answer::send;
use super::process::{Process, slots};
use crate::resolve::strategy::bearer;
use crate::resolve::world::{World, get};

/// What the process serves at once. A request takes 100 ms on average: 160 in a second.
const SLOTS: u32 = 16;
/// The tenants besides the one that offers too much.
const OTHERS: u32 = 6;
/// How many requests a second each of the others offers: 60 together, 30 % of all.
const MODEST: f64 = 10.0;
/// What the one offers in a second, 70 % of all.
const GREEDY: f64 = 140.0;
const TIME: Duration = Duration::from_mins(1);

/// Numbers that look random and are the same in each run.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = u32::try_from(self.0 >> 32).unwrap();
        (f64::from(bits) + 1.0) / (f64::from(u32::MAX) + 1.0)
    }

    /// Exponential, with this mean.
    fn around(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }
}

/// What a tenant's callers saw.
#[derive(Debug, Default)]
struct Callers {
    served: Vec<Duration>,
    refused: usize,
}

impl Callers {
    /// Returns what 95 of 100 served requests were within.
    fn p95(&mut self) -> Duration {
        self.served.sort_unstable();
        self.served[self.served.len() * 95 / 100]
    }
}

/// What the others saw together, and what the greedy one saw.
struct Seen {
    others: Callers,
    greedy: Callers,
}

/// Lets every tenant's callers come, at random times, for requests of random length.
async fn offer(greedy: f64, around: impl FnOnce(Router) -> Router) -> Seen {
    let world = World::new();
    let keys = (0..=OTHERS).map(|number| join(&world, number)).collect::<Vec<_>>();
    let process = Process::of(world, around);
    let start = Instant::now();
    let mut coming = JoinSet::new();
    for (number, key) in (0_u64..).zip(&keys) {
        let rate = if number == 0 { greedy } else { MODEST };
        let mut random = Random(number);
        let mut at = random.around(1.0 / rate);
        while at < TIME.as_secs_f64() && rate > 0.0 {
            // A mean of 100 ms: 40 for all, and what differs.
            let takes = Duration::from_secs_f64(0.04 + random.around(0.06));
            let path = format!("/for/{}", takes.as_millis());
            let request = bearer(get(), key.reveal()).uri(path);
            let (app, comes) = (process.app.clone(), start + Duration::from_secs_f64(at));
            coming.spawn(async move {
                sleep_until(comes).await;
                let answer = send(&app, request).await;
                (number, answer.status.as_u16(), comes.elapsed())
            });
            at += random.around(1.0 / rate);
        }
    }
    let mut seen = BTreeMap::<bool, Callers>::new();
    for (number, status, took) in coming.join_all().await {
        let callers = seen.entry(number == 0).or_default();
        match status {
            200 => callers.served.push(took),
            _ => callers.refused += 1,
        }
    }
    assert!(process.seen.most() <= SLOTS as usize);
    let mut of = |greedy| seen.remove(&greedy).unwrap_or_default();
    Seen { others: of(false), greedy: of(true) }
}

fn join(world: &World, number: u32) -> ApiKeySecret {
    let plan = PlanCatalogue::example().plan("starter").unwrap();
    let slug = TenantSlug::parse(&format!("tenant-{number}")).unwrap();
    let tenant = Tenant::new(TenantId::generate(), slug, plan);
    let key = ApiKeySecret::generate("test").unwrap();
    world.directory.insert_api_key(&key, ApiKey::new(format!("key_{number}"), tenant.id()));
    world.directory.insert(tenant).unwrap();
    key
}

/// First come, first served, whoever it is: as many slots, and as much room to wait.
fn first_come(routes: Router) -> Router {
    let free = Arc::new(Semaphore::new(SLOTS as usize));
    let room = Arc::new(Semaphore::new(17 * SLOTS as usize));
    routes.layer(from_fn(move |request: Request, next: Next| {
        let (free, room) = (free.clone(), room.clone());
        async move {
            let Ok(_place) = room.try_acquire() else {
                return Response::builder().status(503).body(axum::body::Body::empty()).unwrap();
            };
            let _slot = free.acquire().await.unwrap();
            next.run(request).await
        }
    }))
}

#[tokio::test(start_paused = true)]
async fn one_tenant_with_70_percent_of_the_load_does_not_slow_down_the_others() {
    let fair = || |routes: Router| routes.layer(FairShareLayer::new(slots(SLOTS)));
    let alone = offer(0.0, fair()).await;
    let shared = offer(GREEDY, fair()).await;
    let first_come = offer(GREEDY, first_come).await;

    let mut p95 = BTreeMap::new();
    for (name, mut seen) in [("alone", alone), ("shared", shared), ("first come", first_come)] {
        let others = seen.others.p95();
        println!(
            "{name:>10}: the others' p95 is {others:?}, {} served, {} refused; the greedy one: {} served, {} refused",
            seen.others.served.len(),
            seen.others.refused,
            seen.greedy.served.len(),
            seen.greedy.refused,
        );
        if name == "shared" {
            assert_eq!(seen.others.refused, 0);
            // What is left goes to who wants it: 100 requests a second, within 5 %.
            let left = seen.greedy.served.len();
            assert!((95 * 60..=105 * 60).contains(&left), "{left}");
        }
        p95.insert(name, others.as_secs_f64());
    }
    let (fair, unfair) = (p95["shared"] / p95["alone"], p95["first come"] / p95["alone"]);
    println!(
        "the others' p95, with the greedy one to without: {fair:.3} shared, {unfair:.3} first come"
    );
    assert!(fair <= 1.2, "{fair}");
    assert!(unfair > 3.0, "the load is no load: {unfair}");
}
