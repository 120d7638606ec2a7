use axum::Router;
use axum::routing::{MethodRouter, get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::app::App;

/// Serves what pages are made of. It comes from the binary: there is no path to leave.
pub(crate) fn assets() -> Router<App> {
    let css = include_str!("../../static/payments.css");
    let script = include_str!("../../static/payments.js");
    let icon = include_str!("../../static/icon.svg");
    Router::new()
        .route("/static/payments.css", asset("text/css; charset=utf-8", css))
        .route("/static/payments.js", asset("text/javascript; charset=utf-8", script))
        .route("/static/icon.svg", asset("image/svg+xml", icon))
}

/// Not cached for long: a new version of the program brings a new one under the same name.
fn asset(content_type: &'static str, text: &'static str) -> MethodRouter<App> {
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "max-age=60")];
    get(move || std::future::ready((headers, text)))
}
