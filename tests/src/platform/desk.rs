use http::Method;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::PASSWORD;
use crate::harness::{Answer, Client, Server, Site};

/// Somebody of the platform, with the cookie that was set there.
#[derive(Clone)]
pub(super) struct Desk {
    client: Client,
    pub(super) cookie: Option<String>,
    email: String,
}

impl Desk {
    /// Adds somebody by the program's command, and signs in.
    pub(super) async fn open(site: &Site, server: &Server, role: &str) -> Self {
        let email = format!("{role}@platform.example");
        let (added, said) = add(site, &email, role, PASSWORD).await;
        assert!(added, "{said}");
        let mut desk = Self { client: server.stranger(), cookie: None, email };
        desk.renew().await;
        desk
    }

    /// Signs in anew: the time of a session is over.
    pub(super) async fn renew(&mut self) {
        let signed_in = self.sign_in(&self.email, PASSWORD).await;
        assert_eq!(signed_in.status, 200, "{signed_in:?}");
        let set = signed_in.header("set-cookie");
        for flag in ["__Host-platform=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(set.contains(flag), "{flag}");
        }
        self.cookie = set.split(';').next().map(ToOwned::to_owned);
    }

    /// Somebody who has not signed in.
    pub(super) fn nobody(server: &Server) -> Self {
        Self { client: server.stranger(), cookie: None, email: String::new() }
    }

    pub(super) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post("/platform/v1/auth/login", &body).await
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, path);
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        self.client.send(request).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }
}

/// Adds somebody of the platform; tells whether that was done, and what was said.
pub(super) async fn add(site: &Site, email: &str, role: &str, password: &str) -> (bool, String) {
    let words = ["platform-user", "add", "--email", email, "--name", "Demo person", "--role", role];
    Server::run(&site.options(), &words, password).await
}
