use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use reqwest::RequestBuilder;
use serde_json::Value;

use super::RATE;
use crate::harness::{Answer, Client, Server};

/// One of the two tenants: a client, and what must be there in the end.
#[derive(Clone)]
pub(super) struct Bank {
    slug: &'static str,
    client: Client,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Requests that have been sent.
    sent: AtomicUsize,
    /// Payments as they were last answered, by id.
    payments: Mutex<BTreeMap<String, Value>>,
    customers: Mutex<BTreeMap<String, Value>>,
    confirmed: AtomicUsize,
}

impl Bank {
    pub(super) async fn open(server: &Server, slug: &'static str) -> Self {
        let bank = Self { slug, client: server.client(slug), shared: Arc::default() };
        *bank.payments() = bank.all("payments").await;
        *bank.customers() = bank.all("customers").await;
        bank
    }

    pub(super) const fn slug(&self) -> &'static str {
        self.slug
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn payments(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.shared.payments.lock().expect("nobody panics with it")
    }

    pub(super) fn customers(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.shared.customers.lock().expect("nobody panics with it")
    }

    /// Notes that one more payment was confirmed.
    pub(super) fn confirmed(&self, payment: Value) {
        self.shared.confirmed.fetch_add(1, Ordering::SeqCst);
        self.payments().insert(id(&payment), payment);
    }

    /// Returns how many transactions there must have been.
    pub(super) fn transactions(&self) -> u64 {
        self.shared.confirmed.load(Ordering::SeqCst) as u64
    }

    pub(super) fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// Sends a request, and looks whether only its own requests were counted.
    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        self.shared.sent.fetch_add(1, Ordering::SeqCst);
        let answer = self.client.send(request).await;
        let sent = self.sent();
        if let Some(left) = answer.headers.get("x-ratelimit-remaining") {
            let left: usize =
                left.to_str().ok().and_then(|left| left.parse().ok()).expect("a number");
            assert!(left + sent >= RATE, "{left} left after {sent} of its own: {answer:?}");
        }
        answer
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.client.request(http::Method::GET, path)).await
    }

    pub(super) async fn has_exactly_what_it_made(&self) {
        assert!(self.all("payments").await == *self.payments(), "other payments than it made");
        assert!(self.all("customers").await == *self.customers(), "other customers than it made");
    }

    /// Reads a whole list.
    async fn all(&self, what: &str) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = self.get(&format!("/v1/{what}?limit=100{after}")).await.ok(200);
            for thing in page["data"].as_array().expect("a page") {
                assert_eq!(all.insert(id(thing), thing.clone()), None, "twice in a list");
                after = format!("&starting_after={}", id(thing));
            }
            if page["has_more"] == false {
                return all;
            }
        }
    }
}

pub(super) fn id(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}
