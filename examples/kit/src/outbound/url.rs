use std::fmt;

use reqwest::Url;
use tenancy_core::Problem;

use super::Reach;

/// Where a receiver wants its requests: `https`, a host and a port, no user and no fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiverUrl(Url);

impl ReceiverUrl {
    /// The most characters.
    pub const MAX: usize = 500;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// 422 `url_not_allowed` with the reason, also for an address that may never be dialled. What a
    /// name resolves to is asked when it is dialled.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, Problem> {
        if text.len() > Self::MAX {
            return Err(refused("at most 500 characters are expected"));
        }
        let url = Url::parse(text).map_err(|_| refused("an absolute URL is expected"))?;
        let plain = url.scheme() == "http" && reach == Reach::PublicAndLoopback;
        if url.scheme() != "https" && !plain {
            return Err(refused("https is expected"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused("no user, password or fragment is expected"));
        }
        let host = url.host_str().ok_or_else(|| refused("a host is expected"))?;
        if let Ok(address) = host.trim_matches(['[', ']']).parse()
            && !reach.allows(address)
        {
            return Err(refused("the address is not of the public network"));
        }
        Ok(Self(url))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn url(&self) -> Url {
        self.0.clone()
    }
}

fn refused(detail: &'static str) -> Problem {
    Problem::new(422, "url_not_allowed", "The URL is not allowed")
        .with_param("url")
        .with_detail(detail)
}

/// Paths and queries may hold a secret of the receiver.
impl fmt::Debug for ReceiverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiverUrl({})", self.0.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_https_is_taken() {
        for good in [
            "https://bank.example/hook?key=1",
            "https://1.1.1.1:8443/",
            "https://[2606:4700::1111]/",
        ] {
            assert!(ReceiverUrl::parse(good, Reach::Public).is_ok(), "{good}");
        }
        for bad in [
            "",
            "bank.example",
            "/hook",
            "http://bank.example/",
            "ftp://bank.example/",
            "file:///etc/passwd",
            "https://",
            "https://user@bank.example/",
            "https://:pass@bank.example/",
            "https://bank.example/#x",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://0/",
            "https://１２７.0.0.1/",
            "gopher://bank.example/",
        ] {
            let problem = ReceiverUrl::parse(bad, Reach::Public).expect_err(bad);
            assert_eq!((problem.status(), problem.param()), (422, Some("url")), "{bad}");
        }
        assert!(
            ReceiverUrl::parse(&format!("https://a.example/{}", "x".repeat(500)), Reach::Public)
                .is_err()
        );
    }

    #[test]
    fn this_machine_only_where_it_is_said() {
        for own in ["http://127.0.0.1:9000/hook", "http://[::1]/", "http://localhost/"] {
            assert!(ReceiverUrl::parse(own, Reach::PublicAndLoopback).is_ok(), "{own}");
            assert!(ReceiverUrl::parse(own, Reach::Public).is_err(), "{own}");
        }
        for hidden in ["http://10.0.0.1/", "http://169.254.169.254/", "http://[::ffff:127.0.0.1]/"]
        {
            assert!(ReceiverUrl::parse(hidden, Reach::PublicAndLoopback).is_err(), "{hidden}");
        }
    }
}
