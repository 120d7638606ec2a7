//! What do all layers together add to a request, beside a bare axum handler?
//!
//! A repeated token, the directory that remembers, three limits in memory in one decision, and
//! usage. In process: no socket.

mod stack;

use axum::body::Body;
use axum::{Router, routing::get};
use criterion::{Criterion, criterion_group, criterion_main};
use http::StatusCode;
use tokio::runtime::Builder;
use tower::ServiceExt as _;

use stack::Stack;

fn bare() -> Router {
    Router::new().route("/", get(|| async { "served" }))
}

fn layers(c: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let stack = runtime.block_on(Stack::new());
    let mut group = c.benchmark_group("edge_stack");
    for (name, app) in [("bare", bare()), ("all_layers", stack.around(bare()))] {
        // As `axum::serve` does: else each request puts the routes together.
        let app: Router = app.with_state(());
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter(|| {
                let (app, request) = (app.clone(), stack.request().body(Body::empty()));
                async {
                    let response = app.oneshot(request.expect("a request")).await;
                    assert_eq!(response.expect("it does not fail").status(), StatusCode::OK);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, layers);
criterion_main!(benches);
