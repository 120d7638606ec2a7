use http::Uri;
use http::uri::Scheme;
use tenancy_core::Error;

/// Where requests go: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Origin {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text).ok_or_else(|| {
            Error::invalid("origin", "read an origin: write it like https://orders.internal:8443")
        })
    }

    fn read(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let scheme = uri.scheme()?.clone();
        let authority = uri.authority()?;
        let (host, port) = (uri.host()?.to_ascii_lowercase(), uri.port_u16());
        let port = port.or_else(|| default_port(&scheme))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
        let origin = Self { scheme, host, port };
        let good = !origin.host.is_empty()
            && origin.host.bytes().all(plain)
            && default_port(&origin.scheme).is_some()
            && origin.is_authority(authority.as_str())
            && uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
        good.then_some(origin)
    }

    /// Tells whether a request of this URI goes there. One without scheme and host goes nobody
    /// knows where.
    pub(super) fn is_of(&self, uri: &Uri) -> bool {
        let there = uri.scheme().zip(uri.authority());
        there.is_some_and(|(scheme, authority)| {
            *scheme == self.scheme && self.is_authority(authority.as_str())
        })
    }

    /// Compares the text as it is written: a client may read odd ones, such as `a@b` or
    /// `a:99999`, in its own way.
    fn is_authority(&self, text: &str) -> bool {
        let Some((start, rest)) = text.split_at_checked(self.host.len()) else { return false };
        let is_port = match rest.strip_prefix(':') {
            Some(port) => port == self.port.to_string(),
            None => rest.is_empty() && default_port(&self.scheme) == Some(self.port),
        };
        is_port && start.eq_ignore_ascii_case(&self.host)
    }
}

fn default_port(scheme: &Scheme) -> Option<u16> {
    match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_uris_are_of_it() {
        let is_of = |origin: &str, uri: &str| {
            Origin::parse(origin).unwrap().is_of(&uri.parse::<Uri>().unwrap())
        };
        for (origin, uri) in [
            ("http://orders.internal", "http://orders.internal/v1?x=1"),
            ("http://orders.internal", "http://ORDERS.internal:80/"),
            ("http://Orders.internal:80", "http://orders.internal"),
            ("https://orders.internal/", "https://orders.internal:443/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
            ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ] {
            assert!(is_of(origin, uri), "{uri} is of {origin}");
        }
        for (origin, uri) in [
            ("http://orders.internal", "https://orders.internal/"),
            ("https://orders.internal", "http://orders.internal/"),
            ("https://orders.internal", "http://orders.internal:443/"),
            ("http://orders.internal", "http://orders.internal:8080/"),
            ("http://orders.internal", "http://orders.internal.evil.example/"),
            ("http://orders.internal", "http://evilorders.internal/"),
            ("http://orders.internal", "http://orders.internal@evil.example/"),
            ("http://orders.internal", "http://me@orders.internal/"),
            ("http://orders.internal", "http://orders.internal./"),
            ("http://orders.internal:8080", "http://orders.internal:08080/"),
            ("http://orders.internal", "/v1"),
            ("http://orders.internal", "*"),
        ] {
            assert!(!is_of(origin, uri), "{uri} is not of {origin}");
        }
    }

    #[test]
    fn an_origin_is_no_more_than_that() {
        for text in [
            "",
            "orders.internal",
            "orders.internal:80",
            "/v1",
            "ftp://orders.internal",
            "http://orders.internal/v1",
            "http://orders.internal/?x",
            "http://me@orders.internal",
            "http://orders.internal:",
            "http://orders_internal",
            "http://*.internal",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }
}
