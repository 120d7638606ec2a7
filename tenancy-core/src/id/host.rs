use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::HOST;
use http::request::Parts;

use crate::Error;

/// The name of a host: lower case, without port, without a trailing dot.
///
/// Addresses are no names: [`parse`](Self::parse) gives `None` for `127.0.0.1` and `[::1]`.
///
/// ```
/// use tenancy_core::Host;
///
/// let host = Host::parse("North.Example.com.:8080")?.unwrap();
/// assert_eq!(host.as_str(), "north.example.com");
/// assert_eq!(host.labels_under("example.com"), Some("north"));
/// assert_eq!(host.labels_under("ample.com"), None);
/// assert!(Host::parse("[::1]:80")?.is_none());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host(String);

impl Host {
    /// Reads an authority: a name or an address, and perhaps a port.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it is neither. Names in other than
    /// ASCII must come as A-labels (`xn--…`), as browsers send them.
    pub fn parse(authority: &str) -> Result<Option<Self>, Error> {
        let malformed = || Error::invalid("host", "read the host: it is malformed");
        if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or_else(malformed)?;
            let port_is_good = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            let is_address = address.parse::<Ipv6Addr>().is_ok();
            return if is_address && port_is_good { Ok(None) } else { Err(malformed()) };
        }
        let name = match authority.split_once(':') {
            Some((name, port)) if is_port(port) => name,
            Some(_) => return Err(malformed()),
            None => authority,
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.parse::<Ipv4Addr>().is_ok() {
            return Ok(None);
        }
        let name = name.to_ascii_lowercase();
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(malformed());
        }
        Ok(Some(Self(name)))
    }

    /// Reads the host a request is for: from its target if that names one, else from `Host`.
    ///
    /// Forwarding headers are not read: a proxy must pass the host on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it is malformed, was sent twice,
    /// or when target and header differ.
    pub fn of(parts: &Parts) -> Result<Option<Self>, Error> {
        let fault = |message| Error::invalid("host", message);
        let mut values = parts.headers.get_all(HOST).iter();
        let header = match (values.next(), values.next()) {
            (Some(value), None) => {
                let text = value.to_str();
                Some(Self::parse(text.map_err(|_| fault("read the host: it is malformed"))?)?)
            }
            (None, _) => None,
            (Some(_), Some(_)) => return Err(fault("read the host: it was sent twice")),
        };
        let target = parts.uri.authority().map(|authority| Self::parse(authority.as_str()));
        match (target.transpose()?, header) {
            (Some(target), Some(header)) if target != header => {
                Err(fault("read the host: the request's target names another one"))
            }
            (Some(host), _) | (None, Some(host)) => Ok(host),
            (None, None) => Ok(None),
        }
    }

    /// Reads a name: an address is refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it is not a well-formed name.
    pub fn parse_name(authority: &str) -> Result<Self, Error> {
        Self::parse(authority)?
            .ok_or_else(|| Error::invalid("host", "read a host: an address is not a name"))
    }

    /// Reads a name as a person writes it, `bücher.example` too: its labels become A-labels.
    ///
    /// Requests are not read like this: browsers send A-labels.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it is no domain name by UTS 46
    /// with the rules of STD 3.
    pub fn from_unicode(name: &str) -> Result<Self, Error> {
        let name = name.trim();
        let name = name.strip_suffix('.').unwrap_or(name);
        let ascii = idna::domain_to_ascii_strict(name)
            .map_err(|_| Error::invalid("host", "read a domain: it is not a domain name"))?;
        Self::parse_name(&ascii)
    }

    /// Tells whether it is this domain or lies under it, compared on whole labels.
    pub fn is_at_or_under(&self, base: &Self) -> bool {
        self == base || self.labels_under(base.as_str()).is_some()
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the labels before `base`, compared on whole labels; `None` when it is not under it.
    pub fn labels_under(&self, base: &str) -> Option<&str> {
        self.0.strip_suffix(base)?.strip_suffix('.')
    }
}

fn is_port(text: &str) -> bool {
    text.is_empty() || (text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(allowed)
}
