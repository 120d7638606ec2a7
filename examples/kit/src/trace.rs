use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

/// Puts each request into a span of its method and path, and notes its status at the level
/// `debug`. Queries and headers stay out: they may hold secrets.
///
/// Put it on a router with [`axum::middleware::from_fn`].
pub async fn trace_requests(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("http", http.method = %method, http.path = path);
    async {
        let response = next.run(request).await;
        tracing::debug!(http.status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}
