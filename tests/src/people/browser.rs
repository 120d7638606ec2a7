use http::Method;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::PASSWORD;
use crate::harness::{Answer, Client, Server};

/// Somebody at a tenant's host, with the cookie that was set there.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    host: String,
    pub(crate) cookie: Option<String>,
}

impl Browser {
    /// Opens the page of a tenant.
    pub(crate) fn at(server: &Server, slug: &str) -> Self {
        let client = server.visitor(slug);
        Self { client, host: format!("{slug}.localhost"), cookie: None }
    }

    /// Opens a host that no demo tenant has.
    pub(crate) fn at_host(server: &Server, host: &str) -> Self {
        Self { client: server.stranger(), host: host.to_owned(), cookie: None }
    }

    /// The same window with another cookie.
    pub(super) fn with_cookie(&self, cookie: String) -> Self {
        Self { cookie: Some(cookie), ..self.clone() }
    }

    /// The same person at another address of this machine.
    pub(super) fn calling_from(&self, address: [u8; 4]) -> Self {
        Self { client: self.client.calling_from(address.into()), ..self.clone() }
    }

    /// The same person at a host.
    pub(crate) fn at_own_host(&self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self.clone() }
    }

    /// Signs in as one of the demo people.
    pub(crate) async fn demo(server: &Server, slug: &str, role: &str) -> Self {
        let mut browser = Self::at(server, slug);
        let email = format!("{role}@{slug}.example");
        browser.sign_in(&email, PASSWORD).await.ok(200);
        browser
    }

    /// Signs in, and keeps the cookie when that succeeds.
    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let answer = self.try_sign_in(email, password).await;
        if answer.status == 200 {
            let set = answer.header("set-cookie");
            for flag in ["__Host-session=ses_", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
                assert!(set.contains(flag), "{flag}");
            }
            assert!(!set.contains("Domain"), "{set}");
            self.cookie = set.split(';').next().map(ToOwned::to_owned);
        }
        answer
    }

    pub(super) async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post("/v1/auth/login", &body).await
    }

    /// The same person at another tenant's host.
    pub(crate) fn moved_to(&self, server: &Server, slug: &str) -> Self {
        Self { cookie: self.cookie.clone(), ..Self::at(server, slug) }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, path).header("host", &self.host);
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        self.client.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
}
