//! Two services over sockets: the second works for whom the first was asked for.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{any, get};
use tenancy_axum::{CurrentActor, CurrentContext, PropagateLayer, TenantLayer};
use tenancy_core::resolve::{EnvelopeResolver, SubdomainResolver};
use tenancy_core::{Envelope, EnvelopeKey, EnvelopeKeys, TenantContext};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::{ServiceExt as _, service_fn};

use crate::resolve::envelope::{AUDIENCE, context};
use crate::resolve::token;
use crate::resolve::world::{BASE, World};

/// An address, and a server there until it is dropped.
struct Served {
    address: String,
    server: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(app: Router) -> Served {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Served { address, server }
}

/// The second: says for whom it works, and who acts.
async fn ledger(world: &World) -> Served {
    async fn who(context: CurrentContext, actor: CurrentActor) -> String {
        let id = context.request_id().map(ToString::to_string).unwrap_or_default();
        let task = TenantContext::current().unwrap();
        assert_eq!(task.tenant_id(), context.tenant_id());
        format!("{} {} {} {id}", context.tenant().slug(), context.resolved_via(), actor.id())
    }
    let hosts = SubdomainResolver::under(BASE).unwrap();
    let chain = world.empty_chain().with(world.envelope()).with(hosts);
    let routes = Router::new().route("/who", any(who)).route("/other", get(who));
    serve(routes.layer(TenantLayer::new(chain))).await
}

#[derive(Clone)]
struct Calls {
    client: reqwest::Client,
    layer: PropagateLayer,
    ledger: Arc<str>,
}

impl Calls {
    /// A client for our services, as one puts it together from reqwest.
    async fn ask(&self, request: http::Request<String>) -> Result<String, tower::BoxError> {
        let client = self.client.clone();
        let client = service_fn(move |request: http::Request<String>| {
            let client = client.clone();
            async move { client.execute(request.try_into()?).await }
        });
        let client = tower::ServiceBuilder::new().layer(self.layer.clone()).service(client);
        let answer = client.oneshot(request).await?;
        Ok(format!("{} {}", answer.status().as_u16(), answer.text().await?))
    }
}

/// The first: asks the second, as its own callers want.
async fn front(world: &World, ledger: &Served, layer: PropagateLayer) -> Served {
    async fn forward(State(calls): State<Calls>) -> String {
        let request = http::Request::post(format!("{}/who?deep=1", calls.ledger));
        calls.ask(request.body("a body".to_owned()).unwrap()).await.unwrap()
    }
    let redirect = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().redirect(redirect).build().unwrap();
    let calls = Calls { client, layer, ledger: ledger.address.as_str().into() };
    let routes = Router::new().route("/forward", get(forward)).with_state(calls);
    serve(routes.layer(TenantLayer::new(world.chain()))).await
}

fn to(ledger: &Served, keys: &EnvelopeKeys, audience: &'static str) -> PropagateLayer {
    PropagateLayer::new(keys.clone()).to(&ledger.address, audience).unwrap()
}

async fn ask(front: &Served, token: Option<&str>) -> String {
    let request = reqwest::Client::new()
        .get(format!("{}/forward", front.address))
        .header("x-request-id", "r21");
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_second_sees_the_firsts_tenant_actor_and_request() {
    let world = World::new();
    let ledger = ledger(&world).await;
    let front = front(&world, &ledger, to(&ledger, &world.envelopes, AUDIENCE)).await;
    for member in [&world.north, &world.south] {
        let token = token::naming(&world, member.slug);
        let answer = ask(&front, Some(&token)).await;
        assert_eq!(answer, format!("200 {} envelope ada r21", member.slug));
        let key = ask(&front, Some(member.key.reveal())).await;
        assert_eq!(key, format!("200 {0} envelope key_of_{0} r21", member.slug));
    }
    // For nobody it asks for nobody.
    assert!(ask(&front, None).await.starts_with("400 "));
}

#[tokio::test]
async fn another_audience_another_key_and_no_layer_are_refused() {
    let world = World::new();
    let ledger = ledger(&world).await;
    let strange = EnvelopeKey::new("k1", b"another secret of thirty-two bytes, too").unwrap();
    let strange = EnvelopeKeys::new(strange, []).unwrap().clock(world.clock.clone());
    for (layer, expected) in [
        (to(&ledger, &world.envelopes, "another bank"), "401 "),
        (to(&ledger, &strange, AUDIENCE), "401 "),
        (PropagateLayer::new(world.envelopes.clone()), "400 "),
    ] {
        let front = front(&world, &ledger, layer).await;
        for member in [&world.north, &world.south] {
            let answer = ask(&front, Some(member.key.reveal())).await;
            assert!(answer.starts_with(expected), "{answer}");
        }
    }
}

/// Somebody on the way has caught an envelope, and tries what it is good for.
#[tokio::test]
async fn a_caught_one_opens_nothing_else_and_the_answer_does_not_say_why() {
    let world = World::new();
    let ledger = ledger(&world).await;
    let uri = "/who".parse().unwrap();
    let north = context(world.north.id, "north");
    let method = http::Method::GET;
    let caught = world
        .envelopes
        .seal_request(&north, AUDIENCE, (&method, &uri), super::envelope::TTL)
        .unwrap();
    let of_a_job =
        world.envelopes.seal(&north, AUDIENCE, b"GET /who", super::envelope::TTL).unwrap();
    let cut = &caught.as_str()[..caught.as_str().len() - 1];
    let client = reqwest::Client::new();
    let send = async |method: reqwest::Method, path: &str, text: &str, host: &str| {
        let request = client
            .request(method, format!("{}{path}", ledger.address))
            .header(Envelope::HEADER, text)
            .header("x-request-id", "same")
            .header("host", host);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let get = || reqwest::Method::GET;
    let own_host = world.north.host();
    let good = send(get(), "/who", caught.as_str(), &own_host).await;
    assert_eq!(good, (200, "north envelope clerk_of_north same".to_owned()));

    let mut refusals = Vec::new();
    for (method, path, text) in [
        (reqwest::Method::POST, "/who", caught.as_str()),
        (get(), "/other", caught.as_str()),
        (get(), "/who?deep=1", caught.as_str()),
        (get(), "/who", of_a_job.as_str()),
        (get(), "/who", cut),
        (get(), "/who", "te1.k9.e30.AAAA"),
        (get(), "/who", "x"),
    ] {
        refusals.push(send(method, path, text, &own_host).await);
    }
    world.clock.advance(std::time::Duration::from_hours(1));
    refusals.push(send(get(), "/who", caught.as_str(), &own_host).await);
    assert_eq!(refusals[0].0, 401);
    assert!(refusals.iter().all(|refused| *refused == refusals[0]), "{refusals:?}");
    for word in ["envelope", "seal", "expired", "audience"] {
        assert!(!refusals[0].1.contains(word), "{}", refusals[0].1);
    }
}

#[tokio::test]
async fn it_must_agree_with_the_host() {
    let world = World::new();
    let ledger = ledger(&world).await;
    for (member, other) in [(&world.north, &world.south), (&world.south, &world.north)] {
        let (method, uri) = (http::Method::GET, "/who".parse().unwrap());
        let context = context(member.id, member.slug);
        let envelope = world
            .envelopes
            .seal_request(&context, AUDIENCE, (&method, &uri), super::envelope::TTL)
            .unwrap();
        let request = reqwest::Client::new()
            .get(format!("{}/who", ledger.address))
            .header(Envelope::HEADER, envelope.as_str())
            .header("host", other.host());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 403);
        assert!(!answer.text().await.unwrap().contains(other.slug));
    }
}

/// A key that only opens seals nothing: what a service may read it may not write.
#[tokio::test]
async fn a_resolver_for_another_service_refuses_ours() {
    let world = World::new();
    let chain = world.empty_chain().with(EnvelopeResolver::new(world.envelopes.clone(), "orders"));
    for member in [&world.north, &world.south] {
        let request = crate::resolve::strategy::Strategy::Envelope.naming(
            &world,
            member,
            crate::resolve::world::get(),
        );
        let refused = crate::resolve::world::resolve(&chain, request).await.unwrap_err();
        assert_eq!(refused.kind(), tenancy_core::ErrorKind::CredentialInvalid);
    }
}
