use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::server::Announced;
use super::{Answer, DemoTenant};

/// A caller: one tenant, or nobody. Clones share connections and the count.
///
/// Every answer is searched for words of other tenants and for keys, in every test.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    credential: Option<String>,
    forbidden: Arc<Forbidden>,
    metered: Arc<AtomicU64>,
}

/// What this caller may not read.
struct Forbidden {
    always: Vec<String>,
    /// The page of nobody in particular shows the demo tenants.
    in_refusals: Vec<String>,
}

impl Client {
    pub(super) fn of(announced: &Announced, tenant: Option<&DemoTenant>) -> Self {
        let slug = tenant.map(|tenant| &tenant.slug);
        let others = announced.tenants.iter().filter(|other| Some(&other.slug) != slug);
        let words = others.flat_map(DemoTenant::words).collect();
        let keys = announced.tenants.iter().flat_map(|tenant| [&tenant.key, &tenant.test_key]);
        let keys: Vec<_> = keys.cloned().collect();
        let forbidden = match slug {
            Some(_) => Forbidden { always: [keys, words].concat(), in_refusals: Vec::new() },
            None => Forbidden { always: keys, in_refusals: words },
        };
        Self {
            http: plain_http(),
            base: format!("http://{}", announced.address),
            credential: tenant.map(|tenant| tenant.key.clone()),
            forbidden: Arc::new(forbidden),
            metered: Arc::default(),
        }
    }

    /// The host and port that it speaks to.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The same caller with another credential.
    pub(crate) fn with_credential(&self, credential: &str) -> Self {
        Self { credential: Some(credential.to_owned()), ..self.clone() }
    }

    /// The same caller without a credential.
    pub(crate) fn without_credential(&self) -> Self {
        Self { credential: None, ..self.clone() }
    }

    /// The same caller from another address of this machine, such as 127.0.0.2.
    pub(crate) fn calling_from(&self, address: std::net::IpAddr) -> Self {
        let http = plain().local_address(address).build().expect("a client");
        Self { http, ..self.clone() }
    }

    /// Begins a request.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.credential {
            Some(credential) => request.bearer_auth(credential),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Makes a payment under an idempotency key.
    pub(crate) async fn pay(&self, key: &str, body: &Value) -> Answer {
        self.send(self.paying(key).json(body)).await
    }

    /// Begins a request that makes a payment under an idempotency key.
    pub(crate) fn paying(&self, key: &str) -> RequestBuilder {
        self.request(Method::POST, "/v1/payments").header("idempotency-key", key)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    /// Sends a request to a server that may be gone.
    pub(crate) async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, body: response.bytes().await?.to_vec() };
        self.check(&answer);
        Ok(answer)
    }

    /// Looks at an answer that came on another way.
    pub(crate) fn check(&self, answer: &Answer) {
        answer.assert_without(&self.forbidden.always);
        if answer.status >= 400 {
            answer.assert_without(&self.forbidden.in_refusals);
        }
        self.metered.fetch_add(answer.is_metered().into(), Ordering::SeqCst);
    }

    /// Returns how many of its requests the tenant's meter must have counted.
    pub(crate) fn metered(&self) -> u64 {
        self.metered.load(Ordering::SeqCst)
    }
}

/// No server here speaks TLS, and reading the system's roots for each client takes long.
pub(super) fn plain_http() -> reqwest::Client {
    plain().build().expect("a client")
}

fn plain() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_certs_only([])
}
