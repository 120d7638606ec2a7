//! What the program logs, and that it says for whom.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get as route_get;
use tenancy_axum::TenantLayer;
use tenancy_core::TenantContext;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use super::answer::send;
use super::app::app;
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::world::{World, get};

/// Collects what this thread logs, at every level, while it lives.
pub(crate) struct Logs {
    text: Shared,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Logs {
    pub(crate) fn start() -> Self {
        Self::with_filter("trace")
    }

    pub(crate) fn with_filter(filter: &str) -> Self {
        let text = Shared::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(text.clone())
            .finish();
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.text.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the first line that holds a text.
    pub(crate) fn line_with(&self, text: &str) -> String {
        let all = self.text();
        let line = all.lines().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("no {text:?} in:\n{all}")).to_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Shared {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn talkative(world: &World) -> Router {
    async fn talk() -> &'static str {
        tracing::info!("in the handler");
        tokio::task::yield_now().await;
        TenantContext::spawn(async { tracing::error!("in a task of its own") }).await.unwrap();
        "said"
    }
    Router::new().route("/", route_get(talk)).layer(TenantLayer::new(world.chain()))
}

#[tokio::test]
async fn every_line_inside_names_the_tenant_and_the_request() {
    let world = World::new();
    let app = talkative(&world);
    for (strategy, via) in [(Strategy::Jwt, "jwt"), (Strategy::Subdomain, "subdomain")] {
        for (member, other) in [(&world.north, &world.south), (&world.south, &world.north)] {
            let logs = Logs::start();
            let request = strategy.naming(&world, member, get()).header("x-request-id", "r17");
            assert_eq!(send(&app, request).await.body, "said");
            for line in ["in the handler", "in a task of its own"].map(|text| logs.line_with(text))
            {
                assert!(line.contains(&format!("tenant.id={}", member.id)), "{line}");
                assert!(line.contains("request.id=r17"), "{line}");
                assert!(line.contains(&format!("resolved_via=\"{via}\"")), "{line}");
            }
            assert!(!logs.text().contains(&other.id.to_string()), "{}", logs.text());
        }
    }
}

/// A filter that keeps errors only must not take their tenant away.
#[tokio::test]
async fn a_strict_filter_keeps_the_tenant() {
    let world = World::new();
    let app = talkative(&world);
    for member in [&world.north, &world.south] {
        let logs = Logs::with_filter("error");
        send(&app, bearer(get(), member.key.reveal())).await;
        let line = logs.line_with("in a task of its own");
        assert!(line.contains(&format!("tenant.id={}", member.id)), "{line}");
        assert!(!logs.text().contains("in the handler"));
    }
}

#[tokio::test]
async fn refusals_are_logged_a_contradiction_as_a_warning() {
    let world = World::new();
    let app = app(&world);
    let logs = Logs::start();
    send(&app, bearer(get(), world.frozen.key.reveal())).await;
    let line = logs.line_with("tenant_suspended");
    assert!(line.contains("INFO"), "{line}");
    assert!(line.contains(&format!("tenant.id={}", world.frozen.id)), "{line}");

    let logs = Logs::start();
    let request = Strategy::KeyHeader.naming(&world, &world.north, get());
    send(&app, Strategy::Subdomain.naming(&world, &world.south, request)).await;
    assert!(logs.line_with("tenant_mismatch").contains("WARN"));
}

#[tokio::test]
async fn no_credential_is_ever_logged() {
    let world = World::new();
    let app = app(&world);
    let token = crate::resolve::token::naming(&world, world.north.slug);
    let logs = Logs::start();
    let cut = &token[..token.len() - 1];
    for credential in
        [world.south.key.reveal(), world.gone.key.reveal(), &token, cut, "no_such_key"]
    {
        send(&app, bearer(get(), credential)).await;
        assert!(!logs.text().contains(credential), "{}", logs.text());
    }
    assert!(logs.text().contains("credential_invalid"));
}
