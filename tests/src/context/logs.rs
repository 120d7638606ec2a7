//! Lines and spans outside of HTTP: they name the tenant, once, and no other.

use tenancy_axum::TenantLayer;
use tenancy_core::{Carrier, RequestId, TenantContext};
use tokio::task::yield_now;

use super::two;
use crate::edge::answer::send;
use crate::edge::logs::Logs;
use crate::resolve::strategy::Strategy;
use crate::resolve::world::{World, get};

fn names(line: &str) -> usize {
    line.matches("tenant.id=").count()
}

fn field(context: &TenantContext) -> String {
    format!("tenant.id={}", context.tenant_id())
}

#[tokio::test]
async fn whatever_enters_a_context_names_it_once() {
    let [north, south] = two();
    for (context, other) in [(&north, &south), (&south, &north)] {
        let logs = Logs::with_filter("error");
        let carrier = context
            .clone()
            .scope(async {
                tracing::error!("in a scope");
                yield_now().await;
                tracing::error!("after a pause");
                TenantContext::spawn(async { tracing::error!("in a task") }).await.unwrap();
                // The usual way to start one by hand, where the span is not taken along.
                let again = TenantContext::current().unwrap();
                tokio::spawn(again.scope(async { tracing::error!("in a plain task") }))
                    .await
                    .unwrap();
                let again = TenantContext::current().unwrap();
                again.sync_scope(|| tracing::error!("in the same again"));
                Carrier::current()
            })
            .await;
        context.clone().sync_scope(|| tracing::error!("in a function"));
        carrier.run(|| tracing::error!("in a callback"));
        carrier.carry(async { tracing::error!("in a carried future") }).await;
        for text in [
            "in a scope",
            "after a pause",
            "in a task",
            "in a plain task",
            "in the same again",
            "in a function",
            "in a callback",
            "in a carried future",
        ] {
            let line = logs.line_with(text);
            assert!(line.contains(&field(context)), "{line}");
            assert!(line.contains("resolved_via=\"program\""), "{line}");
            assert_eq!(names(&line), 1, "{line}");
        }
        assert!(!logs.text().contains(&field(other)), "{}", logs.text());
        tracing::error!("outside");
        assert_eq!(names(&logs.line_with("outside")), 0);
    }
}

/// What is dropped says so for its tenant too.
#[tokio::test]
async fn a_line_of_a_drop_names_it() {
    struct Says;
    impl Drop for Says {
        fn drop(&mut self) {
            tracing::error!("dropped");
        }
    }
    for context in two() {
        let logs = Logs::start();
        let says = Says;
        drop(context.clone().scope(async move { drop(says) }));
        assert!(logs.line_with("dropped").contains(&field(&context)));
    }
}

#[tokio::test]
async fn within_another_tenants_work_a_line_names_the_inner_one_alone() {
    let [north, south] = two();
    let logs = Logs::start();
    north
        .clone()
        .scope(async {
            south
                .clone()
                .scope(async {
                    tracing::info!("inside");
                    north.clone().sync_scope(|| tracing::info!("deeper"));
                    tracing::info!("inside again");
                })
                .await;
            tracing::info!("afterwards");
        })
        .await;
    for (text, whose) in
        [("inside", &south), ("deeper", &north), ("inside again", &south), ("afterwards", &north)]
    {
        let line = logs.line_with(text);
        assert!(line.contains(&field(whose)), "{line}");
        assert_eq!(names(&line), 1, "{line}");
    }
}

#[test]
fn work_of_nobody_within_a_tenants_names_none() {
    for context in two() {
        let logs = Logs::start();
        let nothing = Carrier::current();
        context.sync_scope(|| {
            nothing.run(|| tracing::info!("of nobody"));
            tracing::info!("of somebody");
        });
        assert_eq!(names(&logs.line_with("of nobody")), 0, "{}", logs.text());
        assert_eq!(names(&logs.line_with("of somebody")), 1);
    }
}

/// The application's own spans stay around.
#[test]
fn spans_of_the_application_keep_their_place() {
    for context in two() {
        let logs = Logs::start();
        tracing::info_span!("nightly", run = 7).in_scope(|| {
            context.sync_scope(|| {
                tracing::info_span!("step", number = 3).in_scope(|| tracing::info!("working"));
            });
        });
        let line = logs.line_with("working");
        assert!(line.contains("run=7") && line.contains("number=3"), "{line}");
        assert_eq!(names(&line), 1, "{line}");
    }
}

/// The layer has a span for each request that names the tenant: there is no second one.
#[tokio::test]
async fn under_the_layer_nothing_is_said_twice() {
    async fn talk() -> &'static str {
        tracing::info!("in the handler");
        let context = TenantContext::current().unwrap();
        context.clone().scope(async { tracing::info!("in its scope again") }).await;
        tokio::spawn(context.clone().scope(async { tracing::info!("in a task by hand") }))
            .await
            .unwrap();
        let as_program = TenantContext::for_program(context.tenant().clone());
        as_program.scope(async { tracing::info!("as the program") }).await;
        "said"
    }
    let world = World::new();
    let app = axum::Router::new()
        .route("/", axum::routing::get(talk))
        .layer(TenantLayer::new(world.chain()));
    for member in [&world.north, &world.south] {
        let logs = Logs::start();
        let request = Strategy::Jwt.naming(&world, member, get()).header("x-request-id", "r17");
        assert_eq!(send(&app, request).await.body, "said");
        for text in ["in the handler", "in its scope again", "in a task by hand", "as the program"]
        {
            let line = logs.line_with(text);
            assert_eq!(names(&line), 1, "{line}");
            assert!(line.contains(&format!("tenant.id={}", member.id)), "{line}");
            assert_eq!(line.matches("request.id=").count(), 1, "{line}");
        }
    }
}

/// A job's lines can be found by the request that asked for it.
#[tokio::test]
async fn a_job_logs_the_request_that_asked_for_it() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let found = world.resolve(Strategy::Jwt.naming(&world, member, get())).await.unwrap();
        let id = RequestId::parse("r18").unwrap();
        let context = found.unwrap().into_context(Some(id));
        let envelope = world.envelopes.seal(&context, "jobs", b"1", super::envelope::TTL).unwrap();
        let opened = world.envelopes.open(envelope.as_str(), "jobs", b"1").unwrap();
        let context = opened.for_writing(&*world.directory).await.unwrap();
        let logs = Logs::start();
        context.scope(async { tracing::info!("at work") }).await;
        let line = logs.line_with("at work");
        assert!(line.contains("request.id=r18"), "{line}");
        assert!(line.contains("resolved_via=\"envelope\""), "{line}");
        assert!(line.contains(&format!("tenant.id={}", member.id)), "{line}");
    }
}
