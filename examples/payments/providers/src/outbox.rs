use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::webhooks::{Delivered, Delivery, Order, Scheme, Target};

/// What has happened at a server, for its accounts to be told. Nothing is sent before it is asked
/// for: so that whoever tries a platform chooses the order.
#[derive(Debug)]
pub(crate) struct Outbox {
    scheme: Scheme,
    state: Mutex<State>,
    client: reqwest::Client,
}

#[derive(Debug, Default)]
struct State {
    targets: HashMap<String, Target>,
    events: Vec<Event>,
}

/// Something that has happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) kind: String,
    pub(crate) body: Value,
}

impl Outbox {
    /// How long a receiver may take.
    const PATIENCE: Duration = Duration::from_secs(10);

    pub(crate) fn new(scheme: Scheme) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            // Receivers are on this machine: without TLS, and without reading the system's roots.
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Self::PATIENCE)
            .build()
            .expect("these settings make a client");
        Self { scheme, state: Mutex::default(), client }
    }

    pub(crate) fn send_to(&self, target: Target) {
        self.state().targets.insert(target.account.clone(), target);
    }

    pub(crate) fn note(&self, event: Event) {
        self.state().events.push(event);
    }

    /// Sends what has happened to an account, in the order and as often as is asked.
    pub(crate) async fn deliver(&self, delivery: &Delivery) -> Vec<Delivered> {
        let Some((target, mut events)) = self.of(delivery) else { return Vec::new() };
        if delivery.order == Order::NewestFirst {
            events.reverse();
        }
        let mut delivered = Vec::new();
        for event in &events {
            for _ in 0..delivery.times {
                let status = self.send(&target, event).await;
                let (id, kind) = (event.id.clone(), event.kind.clone());
                delivered.push(Delivered { id, kind, status });
            }
        }
        delivered
    }

    fn of(&self, delivery: &Delivery) -> Option<(Target, Vec<Event>)> {
        let state = self.state();
        let target = state.targets.get(&delivery.account)?.clone();
        let is_wanted = |event: &&Event| {
            event.account == delivery.account
                && delivery.kind.as_ref().is_none_or(|kind| *kind == event.kind)
        };
        Some((target, state.events.iter().filter(is_wanted).cloned().collect()))
    }

    async fn send(&self, target: &Target, event: &Event) -> Option<u16> {
        let body = serde_json::to_vec(&event.body).expect("an event is JSON");
        let mut request = self.client.post(&target.url).header("content-type", "application/json");
        for (name, value) in self.scheme.headers(&target.secret, &event.id, now(), &body) {
            request = request.header(name, value);
        }
        Some(request.body(body).send().await.ok()?.status().as_u16())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
    }
}

/// These servers live in the real time, whatever time a platform is shown.
#[expect(
    clippy::disallowed_methods,
    reason = "a company outside of the platform has its own clock"
)]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
