//! Where a request comes from, as far as that can be believed.

use std::net::IpAddr;

use http::Extensions;
use http::request::Parts;
use ipnet::IpNet;

use crate::Error;

/// The address the connection came from, put into the request's extensions by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub IpAddr);

impl PeerAddr {
    /// Returns the one of a request; an IPv4 address that came over IPv6 is the IPv4 address.
    pub fn of(extensions: &Extensions) -> Option<IpAddr> {
        extensions.get::<Self>().map(|peer| peer.0.to_canonical())
    }
}

/// Proxies of ours: what they say about a request is believed.
///
/// ```
/// use tenancy_core::resolve::TrustedProxies;
///
/// let proxies = TrustedProxies::parse(["10.0.0.0/8", "fd00::/8", "192.0.2.1"])?;
/// assert!(proxies.contains("10.1.2.3".parse().unwrap()));
/// assert!(!proxies.contains("203.0.113.9".parse().unwrap()));
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Believes nobody.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads addresses and networks, such as `10.0.0.0/8`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for text that is neither.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        networks.into_iter().map(parse_network).collect::<Result<_, _>>().map(Self)
    }

    /// Tells whether an address is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Finds the address of the client behind the proxies.
    ///
    /// `X-Forwarded-For` is read from its end: each proxy adds the address it was called from.
    /// The first address that is no proxy of ours is the client. A peer that is no proxy is the
    /// client itself, whatever it sends. A header that cannot be read up to there gives the
    /// last address that could.
    pub fn client_addr(&self, parts: &Parts) -> Option<IpAddr> {
        let mut client = PeerAddr::of(&parts.extensions)?;
        let headers = parts.headers.get_all("x-forwarded-for");
        for value in headers.iter().rev() {
            let Ok(text) = value.to_str() else { return Some(client) };
            for hop in text.rsplit(',') {
                if !self.contains(client) {
                    return Some(client);
                }
                let Ok(address) = hop.trim().parse::<IpAddr>() else { return Some(client) };
                client = address.to_canonical();
            }
        }
        Some(client)
    }
}

impl FromIterator<IpAddr> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = IpAddr>>(addresses: I) -> Self {
        Self(addresses.into_iter().map(|address| address.to_canonical().into()).collect())
    }
}

/// Reads an address or a network in CIDR notation.
pub(crate) fn parse_network(text: &str) -> Result<IpNet, Error> {
    let text = text.trim();
    let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    address.or_else(|_| text.parse::<IpNet>().map(|network| network.trunc())).map_err(|_| {
        Error::invalid("network", "read a network: an address or CIDR such as 10.0.0.0/8")
    })
}
