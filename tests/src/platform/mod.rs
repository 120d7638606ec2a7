//! The platform's own people, and the lives of tenants.

mod desk;
mod domains;
mod leaving;
mod sign_in;
mod support;
mod suspension;
mod tenants;
mod usage;
mod zone;

use std::time::Instant;

use serde_json::{Value, json};

use desk::Desk;

use crate::harness::{Answer, Server, Site, eventually};
use crate::people::{Browser, token_for};

/// What the platform's people in these tests sign in with.
const PASSWORD: &str = "the password of the platform";

/// What the owners that they invite choose.
const OWNERS: &str = "a password of an owner";

/// Starts a server that writes mail beside the data, without limits, and with a clock to move.
async fn serve(site: &Site, more: &[&str]) -> Server {
    let folder = site.mail().display().to_string();
    let usual = ["--requests-per-minute", "100000", "--demo-clock", "--mail-dir", &folder];
    site.serve(&[&usual, more].concat()).await
}

fn new_tenant(slug: &str, plan: &str) -> Value {
    json!({
        "slug": slug, "name": format!("{slug} bank"), "plan": plan, "currency": "USD",
        "owner": { "email": format!("owner@{slug}.example"), "name": "Mara Lindqvist" },
    })
}

/// Makes a tenant; its owner accepts and signs in. Returns the tenant's id and its owner.
async fn opened(site: &Site, server: &Server, admin: &Desk, slug: &str) -> (String, Browser) {
    let made = admin.post("/platform/v1/tenants", &new_tenant(slug, "professional")).await.ok(201);
    let email = format!("owner@{slug}.example");
    let mut owner = Browser::at_host(server, &format!("{slug}.localhost"));
    let body = json!({ "token": token_for(site, &email), "password": OWNERS });
    owner.post("/v1/invitations/accept", &body).await.ok(200);
    owner.sign_in(&email, OWNERS).await.ok(200);
    (id(&made), owner)
}

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

/// Waits for what every node knows within a second.
async fn soon(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    eventually(what, async || holds().await).await;
    assert!(started.elapsed() < std::time::Duration::from_secs(3), "{what}");
}

fn is_refused(answer: &Answer, status: u16, code: &str) -> bool {
    answer.status == status && answer.json()["code"] == code
}
