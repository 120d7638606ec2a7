use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Swagger UI sets styles by script and draws its icons from `data:` URLs.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Serves an API's description at `/openapi.json` and pages to read and try it at `/docs`.
///
/// Everything comes from the binary: it works without a network.
pub fn docs<S: Clone + Send + Sync + 'static>(api: OpenApi) -> Router<S> {
    let config = Config::default().validator_url("none").try_it_out_enabled(true);
    let pages = SwaggerUi::new("/docs").url("/openapi.json", api).config(config);
    Router::from(pages).layer(map_response(with_policy))
}

async fn with_policy(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
