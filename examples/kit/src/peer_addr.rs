use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use tenancy_core::resolve::PeerAddr;

/// Notes where a connection came from, for keys that are good from some networks alone.
///
/// [`serve`](crate::serve) knows it. Put it outside of the layer that finds the tenant.
pub async fn peer_addr(mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(address)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let peer = PeerAddr(address.ip());
        request.extensions_mut().insert(peer);
    }
    next.run(request).await
}
