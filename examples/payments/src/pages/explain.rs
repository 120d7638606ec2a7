use askama::Template;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::home::render;

/// The most a problem says, in bytes.
const PROBLEM: usize = 16 * 1024;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    status: u16,
    title: String,
    detail: String,
}

#[derive(Deserialize)]
struct Told {
    title: String,
    #[serde(default)]
    detail: String,
}

/// Shows a refusal as a page to whoever asks for pages. Programs get it as it is.
pub(crate) async fn explain(request: Request, next: Next) -> Response {
    let wants_page = mentions(request.headers(), &ACCEPT, "text/html");
    let response = next.run(request).await;
    if wants_page && mentions(response.headers(), &CONTENT_TYPE, "application/problem+json") {
        return as_page(response).await;
    }
    response
}

async fn as_page(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, PROBLEM).await.unwrap_or_default();
    let told = serde_json::from_slice::<Told>(&body).unwrap_or_else(|_| Told::of(parts.status));
    let status = parts.status.as_u16();
    let Told { title, detail } = told;
    // Some details say no more than the title.
    let detail = if detail.eq_ignore_ascii_case(&title) { String::new() } else { detail };
    let page = ProblemPage { status, title, detail };
    let Ok(page) = render(&page) else { return parts.status.into_response() };
    let (rendered, body) = Html(page).into_response().into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(rendered.headers);
    Response::from_parts(parts, body)
}

impl Told {
    fn of(status: StatusCode) -> Self {
        let title = status.canonical_reason().unwrap_or("Something went wrong").to_owned();
        Self { title, detail: String::new() }
    }
}

fn mentions(headers: &HeaderMap, name: &http::HeaderName, text: &str) -> bool {
    headers.get_all(name).iter().any(|value| value.to_str().is_ok_and(|value| value.contains(text)))
}
