//! A tonic service behind the same layers, over a socket.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use tenancy_axum::{
    FairShareLayer, MetricsLayer, PropagateLayer, QuotaLayer, RateLimitLayer, RequireTenantLayer,
    TenantLayer, UsageLayer,
};
use tenancy_core::TenantContext;
use tenancy_core::limit::MemoryRateLimiter;
use tenancy_core::usage::{MemoryQuotaMeter, MemoryUsageMeter, Meter, Month, UsageMeter};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::resolve::envelope;
use crate::resolve::world::World;

const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// Says "serving" to the tenant whose slug is asked for.
struct Mirror;

fn answer(service: &str) -> HealthCheckResponse {
    let own = TenantContext::current().is_ok_and(|it| it.tenant().slug().as_str() == service);
    let status = if own { ServingStatus::Serving } else { ServingStatus::NotServing };
    HealthCheckResponse { status: status.into() }
}

/// Looks three times, each time when it is polled.
struct Watch {
    service: String,
    left: u8,
}

impl Stream for Watch {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(Ok(answer(&self.service))))
    }
}

#[tonic::async_trait]
impl Health for Mirror {
    type WatchStream = Watch;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(answer(&request.into_inner().service)))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Watch>, Status> {
        Ok(Response::new(Watch { service: request.into_inner().service, left: 3 }))
    }
}

/// A server with every layer, and a client of it.
struct Served {
    world: World,
    meter: Arc<MemoryUsageMeter>,
    usage: UsageLayer,
    channel: Channel,
    origin: String,
    server: JoinHandle<()>,
}

impl Served {
    async fn start() -> Self {
        let world = World::new();
        let meter = Arc::new(MemoryUsageMeter::new(world.clock.clone()));
        let usage = UsageLayer::new(meter.clone());
        let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
        let quotas = Arc::new(MemoryQuotaMeter::new(world.clock.clone()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let serving = Server::builder()
            .layer(TenantLayer::new(world.chain()))
            .layer(MetricsLayer::new())
            .layer(RequireTenantLayer::new().credential())
            .layer(RateLimitLayer::new(limiter).by_plan().and_by_principal(THREE))
            .layer(FairShareLayer::new(THREE).until_body_ends())
            .layer(QuotaLayer::new(quotas, |_| None))
            .layer(usage.clone())
            .add_service(HealthServer::new(Mirror))
            .serve_with_incoming(TcpIncoming::from(listener));
        let server = tokio::spawn(async move { serving.await.unwrap() });
        let origin = format!("http://{address}");
        let endpoint = Endpoint::from_shared(origin.clone()).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self { world, meter, usage, channel, origin, server }
    }

    async fn check(&self, key: &str, service: &str) -> Result<bool, Status> {
        let request = request(key, service);
        let answer = HealthClient::new(self.channel.clone()).check(request).await?;
        Ok(answer.into_inner().status() == ServingStatus::Serving)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn request(key: &str, service: &str) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest { service: service.to_owned() });
    if !key.is_empty() {
        request.metadata_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_call_runs_in_its_tenants_context_and_a_stream_to_its_end() {
    let served = Served::start().await;
    let (north, south) = (&served.world.north, &served.world.south);
    for (member, other) in [(north, south), (south, north)] {
        let key = member.key.reveal();
        assert!(served.check(key, member.slug).await.unwrap());
        assert!(!served.check(key, other.slug).await.unwrap());
        let mut client = HealthClient::new(served.channel.clone());
        let mut stream = client.watch(request(key, member.slug)).await.unwrap().into_inner();
        for _ in 0..3 {
            let seen = stream.message().await.unwrap().unwrap();
            assert_eq!(seen.status(), ServingStatus::Serving);
        }
        assert!(stream.message().await.unwrap().is_none());
        // The fourth is one too many; the neighbour's are its own.
        let limited = served.check(key, member.slug).await.unwrap_err();
        assert_eq!(limited.code(), Code::ResourceExhausted, "{limited:?}");
        assert!(limited.metadata().contains_key("retry-after"));
    }
    crate::harness::eventually("the calls are counted", async || {
        served.usage.recorded().await;
        let month = Month::current(&*served.world.clock);
        let usage = served.meter.usage(north.id, month).await.unwrap();
        usage.of(&Meter::API_CALLS) == 3
    })
    .await;
}

#[tokio::test]
async fn refusals_are_statuses_of_grpc() {
    let served = Served::start().await;
    let world = &served.world;
    for (key, code) in [
        ("", Code::InvalidArgument),
        ("no_such_key", Code::Unauthenticated),
        (world.gone.key.reveal(), Code::Unauthenticated),
        (world.frozen.key.reveal(), Code::PermissionDenied),
    ] {
        let refused = served.check(key, world.north.slug).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused:?}");
        assert!(!refused.message().is_empty());
        assert!(refused.metadata().contains_key("x-request-id"), "{refused:?}");
    }
}

/// A client of gRPC asks on behalf of whoever runs, once it knows its origin.
#[tokio::test]
async fn a_client_under_the_layer_asks_for_the_tenant_that_runs() {
    let served = Served::start().await;
    let world = &served.world;
    let layer = PropagateLayer::new(world.envelopes.clone());
    let layer = layer.to(&served.origin, envelope::AUDIENCE).unwrap();
    let channel = tower::ServiceBuilder::new().layer(layer).service(served.channel.clone());
    let client = HealthClient::with_origin(channel, served.origin.parse().unwrap());
    let ask = async |service: &str| client.clone().check(request("", service)).await;
    for (member, other) in [(&world.north, &world.south), (&world.south, &world.north)] {
        let context = envelope::context(member.id, member.slug);
        for (service, own) in [(member.slug, true), (other.slug, false)] {
            let answer = context.clone().scope(ask(service)).await.unwrap().into_inner();
            assert_eq!(answer.status() == ServingStatus::Serving, own);
        }
    }
    assert_eq!(ask(world.north.slug).await.unwrap_err().code(), Code::InvalidArgument);
}
