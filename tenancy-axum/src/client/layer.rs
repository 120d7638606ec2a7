use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tenancy_core::{Envelope, EnvelopeKeys, Error, ErrorKind, TenantContext};
use tower_layer::Layer;

use super::PropagateService;
use super::origin::Origin;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sends requests to other services of ours on behalf of the tenant that runs.
///
/// It goes around an HTTP client. A request to one of the origins it was told of gets, when a
/// tenant runs, the header [`tenancy-envelope`](Envelope::HEADER), sealed for that service's
/// audience and for the method, path and query, and the `x-request-id` of the request that is
/// being served. The service reads it with
/// [`EnvelopeResolver`](tenancy_core::resolve::EnvelopeResolver) and works for the same tenant
/// and actor.
///
/// A `tenancy-envelope` that is there already is taken away in any case: whoever passes the
/// headers of a caller on passes no envelope on. Requests to anywhere else, and those made where
/// no tenant runs, leave without one.
///
/// The body is not sealed, and an envelope may be sent again until it expires: use TLS, and let
/// it live for seconds. A request must name its scheme and host, as those for hyper and reqwest
/// do, and clients of tonic made `with_origin`. A client below this layer must not follow redirects, as it would take the
/// envelope along; put what follows them above.
///
/// ```
/// # use std::convert::Infallible;
/// # use std::sync::Arc;
/// use http::{Request, Response};
/// use tenancy_axum::PropagateLayer;
/// use tenancy_core::{EnvelopeKey, EnvelopeKeys};
/// # use tenancy_core::{PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
/// use tower::{ServiceBuilder, ServiceExt as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # let plan = PlanCatalogue::example().plan("starter")?;
/// # let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
/// # let context = TenantContext::for_program(Arc::new(tenant));
/// let key = EnvelopeKey::new("2026-11", b"a secret of thirty-two bytes, or more")?;
/// let layer = PropagateLayer::new(EnvelopeKeys::new(key, [])?)
///     .to("https://orders.internal", "orders")?
///     .to("https://ledger.internal:8443", "ledger")?;
/// # // Answers whether an envelope came.
/// # let client = tower::service_fn(async |request: Request<()>| {
/// #     Ok::<_, Infallible>(Response::new(request.headers().contains_key("tenancy-envelope")))
/// # });
/// let client = ServiceBuilder::new().layer(layer).service(client);
///
/// let ours = Request::get("https://orders.internal/v1/orders").body(())?;
/// let answer = context.clone().scope(client.clone().oneshot(ours)).await?;
/// # assert!(answer.into_body());
/// # let theirs = Request::get("https://elsewhere.example/").body(())?;
/// # assert!(!context.scope(client.oneshot(theirs)).await?.into_body());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PropagateLayer {
    keys: EnvelopeKeys,
    ttl: Duration,
    services: Vec<(Origin, Arc<str>)>,
}

impl PropagateLayer {
    /// Seals with these keys. Without [`to`](Self::to) no request gets an envelope.
    ///
    /// An envelope lives for 30 seconds.
    pub const fn new(keys: EnvelopeKeys) -> Self {
        Self { keys, ttl: Duration::from_secs(30), services: Vec::new() }
    }

    /// Adds a service: requests to this origin, such as `https://orders.internal:8443`, get
    /// envelopes for this audience.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for anything but a scheme (`http` or `https`), a host and a port,
    /// and for an origin that was added before.
    pub fn to(mut self, origin: &str, audience: impl Into<Arc<str>>) -> Result<Self, Error> {
        let origin = Origin::parse(origin)?;
        if self.services.iter().any(|(other, _)| *other == origin) {
            return Err(Error::invalid("origin", "add a service: its origin was added before"));
        }
        self.services.push((origin, audience.into()));
        Ok(self)
    }

    /// Sets how long an envelope lives: as long as a request takes to arrive, not to be served.
    pub const fn time_to_live(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Sets, or takes away, the headers of one request: for clients that are no services.
    ///
    /// # Errors
    ///
    /// As [`EnvelopeKeys::seal_request`]. The request must not be sent then.
    pub fn apply(&self, method: &Method, uri: &Uri, headers: &mut HeaderMap) -> Result<(), Error> {
        headers.remove(Envelope::HEADER);
        let Some(context) = TenantContext::try_current() else { return Ok(()) };
        let service = self.services.iter().find(|(origin, _)| origin.is_of(uri));
        let Some((_, audience)) = service else { return Ok(()) };
        let envelope = self.keys.seal_request(&context, audience, (method, uri), self.ttl)?;
        let mut value = header(envelope.as_str())?;
        // Clients leave it out of their logs, and HTTP/2 out of its tables.
        value.set_sensitive(true);
        headers.insert(Envelope::HEADER, value);
        if let Some(id) = context.request_id() {
            headers.insert(X_REQUEST_ID, header(id.as_str())?);
        }
        Ok(())
    }
}

fn header(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|source| Error::new(ErrorKind::Internal, "write a header").with_source(source))
}

impl<S> Layer<S> for PropagateLayer {
    type Service = PropagateService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PropagateService { inner, layer: Arc::new(self.clone()) }
    }
}
