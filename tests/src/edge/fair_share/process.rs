//! A process with few slots, whose handlers take as long as they are asked to.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::routing::any;
use http::request::Builder;
use http_body_util::Full;
use tenancy_axum::{FairShareLayer, TenantLayer};
use tenancy_core::{Overrides, Plan, Tenant, TenantContext, TenantSlug};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::super::answer::{Answer, send};
use crate::resolve::strategy::bearer;
use crate::resolve::world::{Member, World, get};

pub(super) const fn slots(slots: u32) -> NonZeroU32 {
    NonZeroU32::new(slots).unwrap()
}

#[derive(Clone)]
pub(super) struct Process {
    pub(super) world: Arc<World>,
    pub(super) app: Router,
    pub(super) seen: Arc<Seen>,
}

/// What the handlers saw.
pub(super) struct Seen {
    order: Mutex<Vec<String>>,
    running: AtomicUsize,
    most: AtomicUsize,
    released: Semaphore,
}

/// One run of a handler.
struct Run(Arc<Seen>);

impl Process {
    pub(super) fn new(layer: FairShareLayer) -> Self {
        Self::of(World::new(), |routes| routes.layer(layer))
    }

    /// Puts something around the routes, inside the tenant's context.
    pub(super) fn of(world: World, around: impl FnOnce(Router) -> Router) -> Self {
        let seen = Arc::new(Seen::new());
        let app = around(routes(&seen)).layer(TenantLayer::new(world.chain()));
        Self { world: Arc::new(world), app, seen }
    }

    /// Sends a request of a tenant, which is on its way when this returns.
    pub(super) async fn sends(&self, member: &Member, path: &str) -> JoinHandle<Answer> {
        self.sends_request(bearer(get(), member.key.reveal()).uri(path)).await
    }

    pub(super) async fn sends_request(&self, request: Builder) -> JoinHandle<Answer> {
        let app = self.app.clone();
        let sent = tokio::spawn(async move { send(&app, request).await });
        settled().await;
        sent
    }

    /// Tells whether so many requests are served at once now, and one more is not.
    pub(super) async fn has_slots(&self, slots: usize) -> bool {
        let idle = self.seen.running() == 0;
        let mut sent = Vec::new();
        for turn in 0..=slots {
            let member = if turn % 2 == 0 { &self.world.north } else { &self.world.south };
            sent.push(self.sends(member, "/held").await);
        }
        let real = std::time::Instant::now();
        while real.elapsed() < Duration::from_secs(20) {
            if self.seen.running() == slots {
                break;
            }
            tokio::task::yield_now().await;
        }
        settled().await;
        let running = self.seen.running();
        self.seen.released.add_permits(slots + 1);
        for request in sent {
            assert_eq!(request.await.unwrap().status, 200);
        }
        idle && running == slots
    }
}

impl Seen {
    fn new() -> Self {
        let (order, running, most) = (Mutex::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        Self { order, running, most, released: Semaphore::new(0) }
    }

    pub(super) fn order(&self) -> Vec<String> {
        self.order.lock().unwrap().clone()
    }

    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Returns how many ran at once, at most.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    fn run(self: &Arc<Self>) -> Run {
        let slug = TenantContext::try_current()
            .map_or("nobody".to_owned(), |context| context.tenant().slug().to_string());
        self.order.lock().unwrap().push(slug);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        Run(self.clone())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Lets everything go on that can without the time going on.
pub(super) async fn settled() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn routes(seen: &Arc<Seen>) -> Router {
    let [timed, panics, streams, yields, held] = std::array::from_fn(|_| seen.clone());
    let timed = async move |Path(millis): Path<u64>| {
        let _run = timed.run();
        tokio::time::sleep(Duration::from_millis(millis)).await;
        "served"
    };
    let panics = async move || -> &'static str {
        let _run = panics.run();
        // A panic that prints nothing: there are hundreds.
        std::panic::resume_unwind(Box::new("the handler panics here"))
    };
    let streams = async move || {
        let _run = streams.run();
        Body::new(Full::new(Bytes::from("a piece")))
    };
    let yields = async move || {
        let _run = yields.run();
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    };
    let held = async move || {
        let _run = held.run();
        held.released.acquire().await.unwrap().forget();
    };
    Router::new()
        .route("/for/{millis}", any(timed))
        .route("/panic", any(panics))
        .route("/stream", any(streams))
        .route("/yield", any(yields))
        .route("/held", any(held))
}

/// Gives a tenant another weight.
pub(super) fn weigh(world: &World, member: &Member, weight: u32) {
    let plan = Arc::new(Plan::new("team", slots(1_000_000)));
    let tenant = Tenant::new(member.id, TenantSlug::parse(member.slug).unwrap(), plan)
        .with_overrides(Overrides::new().with_weight(slots(weight)));
    world.directory.insert(tenant).unwrap();
}
