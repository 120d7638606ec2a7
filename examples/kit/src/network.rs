use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tenancy_core::resolve::TrustedProxies;

/// The network that a request came from, to count what it tries: an IPv4 address, or the first
/// half of an IPv6 address, for the other half is its owner's to choose.
///
/// Requests whose [`peer_addr`](crate::peer_addr) nobody has noted are of one network. Behind
/// proxies it is the client's, as far as [`TrustedProxies`] in the request's extensions say whom to
/// believe; without them it is the proxy's.
///
/// ```
/// use kit::Network;
///
/// let of = |address: &str| Network::of(address.parse().ok());
/// assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
/// assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
/// assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
/// assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network([u8; 9]);

impl Network {
    /// Returns the network of an address.
    pub fn of(address: Option<IpAddr>) -> Self {
        let mut network = [0; 9];
        match address.map(|address| address.to_canonical()) {
            None => {}
            Some(IpAddr::V4(address)) => {
                network[0] = 4;
                network[1..5].copy_from_slice(&address.octets());
            }
            Some(IpAddr::V6(address)) => {
                network[0] = 6;
                network[1..].copy_from_slice(&address.octets()[..8]);
            }
        }
        Self(network)
    }

    /// Returns bytes that no other network has.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Network {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let none = TrustedProxies::none();
        let proxies = parts.extensions.get::<TrustedProxies>().unwrap_or(&none);
        Ok(Self::of(proxies.client_addr(parts)))
    }
}
