//! What a client sends along, to whom, and to whom not.

use std::convert::Infallible;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, Uri};
use tenancy_axum::PropagateLayer;
use tenancy_core::{Actor, ActorKind, Envelope, ErrorKind, RequestId, TenantContext};
use tower::{ServiceBuilder, ServiceExt as _};

use super::two;
use crate::resolve::strategy::Strategy;
use crate::resolve::world::{World, get};

const ORDERS: &str = "https://orders.internal:8443";
const LEDGER: &str = "https://ledger.internal";

fn layer(world: &World) -> PropagateLayer {
    PropagateLayer::new(world.envelopes.clone())
        .to(ORDERS, "orders")
        .unwrap()
        .to(LEDGER, "ledger")
        .unwrap()
}

/// Sends a request through the layer and returns what would leave the machine.
async fn sent(layer: PropagateLayer, request: Request<()>) -> Result<Parts, tower::BoxError> {
    let wire = tower::service_fn(async |request: Request<()>| {
        Ok::<_, Infallible>(Response::new(request.into_parts().0))
    });
    let client = ServiceBuilder::new().layer(layer).service(wire);
    Ok(client.oneshot(request).await?.into_body())
}

fn envelope(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(Envelope::HEADER).iter();
    let value = values.next().map(|value| value.to_str().unwrap());
    assert!(values.next().is_none(), "two envelopes");
    value
}

fn post(uri: &str) -> Request<()> {
    Request::post(uri).body(()).unwrap()
}

#[tokio::test]
async fn each_service_gets_its_own_and_the_others_cannot_use_it() {
    let world = World::new();
    for context in two() {
        for (origin, audience, other) in
            [(ORDERS, "orders", "ledger"), (LEDGER, "ledger", "orders")]
        {
            let request = post(&format!("{origin}/v1/x?y=1"));
            let parts = context.clone().scope(sent(layer(&world), request)).await.unwrap();
            let text = envelope(&parts).unwrap();
            assert!(parts.headers[Envelope::HEADER].is_sensitive());
            let open = |audience| world.envelopes.open_request(text, audience, &parts);
            let opened = open(audience).unwrap();
            assert_eq!(opened.tenant_id(), context.tenant_id());
            assert_eq!(opened.actor(), context.actor());
            assert_eq!(open(other).unwrap_err().kind(), ErrorKind::CredentialInvalid);
            // Half a minute, and what clocks may differ.
            world.clock.advance(Duration::from_mins(1));
            assert_eq!(open(audience).unwrap_err().kind(), ErrorKind::CredentialInvalid);
        }
    }
}

#[tokio::test]
async fn elsewhere_nothing_goes_and_what_came_is_taken_away() {
    let world = World::new();
    let foreign = || {
        let headers = [("tenancy-envelope", "stolen"), ("tenancy-envelope", "twice")];
        headers
            .into_iter()
            .fold(Request::post("/"), |request, (name, value)| request.header(name, value))
    };
    for context in two() {
        for uri in [
            "https://evil.example/v1",
            "https://orders.internal/v1",
            "http://orders.internal:8443/v1",
            "https://orders.internal:8443@evil.example/v1",
            "https://orders.internal:8443.evil.example/v1",
            "https://ledger.internal:8443/v1",
            "https://ledger.internal./v1",
            "/v1",
        ] {
            let Ok(uri) = uri.parse::<Uri>() else { continue };
            let request = foreign().uri(uri.clone()).body(()).unwrap();
            let parts = context.clone().scope(sent(layer(&world), request)).await.unwrap();
            assert_eq!(envelope(&parts), None, "{uri}");
            assert!(!parts.headers.contains_key("x-request-id"), "{uri}");
        }
        // To ours, another takes its place.
        let request = foreign().uri(format!("{ORDERS}/")).body(()).unwrap();
        let parts = context.clone().scope(sent(layer(&world), request)).await.unwrap();
        assert!(envelope(&parts).unwrap().starts_with("te1."));
    }
    // Where no tenant runs.
    let request = foreign().uri(format!("{ORDERS}/")).body(()).unwrap();
    assert_eq!(envelope(&sent(layer(&world), request).await.unwrap()), None);
}

#[tokio::test]
async fn the_request_keeps_its_id_on_the_way() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let found = world.resolve(Strategy::Jwt.naming(&world, member, get())).await.unwrap();
        let id = RequestId::parse("r20").unwrap();
        let context = found.unwrap().into_context(Some(id));
        let parts = context.scope(sent(layer(&world), post(LEDGER))).await.unwrap();
        assert_eq!(parts.headers["x-request-id"], "r20");
    }
}

/// Better no request than one without its tenant.
#[tokio::test]
async fn what_cannot_be_sealed_is_not_sent() {
    let world = World::new();
    let scopes = || (0..1_000).map(|number| format!("scope:{number}"));
    for context in two() {
        let verbose = Actor::new(ActorKind::User, "u").with_scopes(scopes());
        let context = context.with_actor(verbose);
        let refused = context.clone().scope(sent(layer(&world), post(LEDGER))).await.unwrap_err();
        let error = refused.downcast::<tenancy_core::Error>().unwrap();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let lives_for_ever = layer(&world).time_to_live(Duration::MAX);
        assert!(context.scope(sent(lives_for_ever, post(LEDGER))).await.is_err());
    }
}

#[tokio::test]
async fn a_client_that_is_no_service_gets_the_same_headers() {
    let world = World::new();
    let uri: Uri = format!("{ORDERS}/v1/x").parse().unwrap();
    for context in two() {
        let mut headers = HeaderMap::new();
        headers.insert(Envelope::HEADER, "stolen".parse().unwrap());
        let apply = |headers: &mut HeaderMap| layer(&world).apply(&Method::GET, &uri, headers);
        context.clone().sync_scope(|| apply(&mut headers)).unwrap();
        let text = headers[Envelope::HEADER].to_str().unwrap();
        let request = Request::get("/v1/x").body(()).unwrap().into_parts().0;
        let opened = world.envelopes.open_request(text, "orders", &request).unwrap();
        assert_eq!(opened.tenant_id(), context.tenant_id());
        apply(&mut headers).unwrap();
        assert!(headers.is_empty());
        assert!(TenantContext::try_current().is_none());
    }
}

#[test]
fn an_origin_has_one_audience() {
    let world = World::new();
    for again in [LEDGER, "https://LEDGER.internal:443/"] {
        assert!(layer(&world).to(again, "other").is_err());
    }
    assert!(layer(&world).to("https://ledger.internal:444", "other").is_ok());
    assert!(layer(&world).to("ledger.internal", "ledger").is_err());
}
