//! The page a browser sees. The data on it comes from the API, with the reader's own API key.

mod assets;
mod explain;
mod home;

use axum::Router;
use axum::routing::get;

pub(crate) use assets::assets;
pub(crate) use explain::explain;

use crate::app::App;

pub(crate) fn router() -> Router<App> {
    Router::new().route("/", get(home::home))
}
