use axum::extract::Request;
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::trace::TraceLayer;
use tracing::Span;

/// Puts each request into a span of its method and path. Queries and headers stay out: they may
/// hold secrets. A refusal logs itself; the layer logs no failure a second time.
pub fn trace_requests()
-> TraceLayer<SharedClassifier<ServerErrorsAsFailures>, fn(&Request) -> Span, (), (), (), (), ()> {
    TraceLayer::new_for_http()
        .make_span_with(span as fn(&Request) -> Span)
        .on_request(())
        .on_response(())
        .on_body_chunk(())
        .on_eos(())
        .on_failure(())
}

fn span(request: &Request) -> Span {
    tracing::info_span!("http", http.method = %request.method(), http.path = request.uri().path())
}
