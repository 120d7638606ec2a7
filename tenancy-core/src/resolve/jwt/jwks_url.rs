use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, StatusCode, Url, redirect};

use super::JwksSource;
use super::jwk::MAX_DOCUMENT;
use crate::{Error, ErrorKind};

/// A JWKS at a URL, such as the `jwks_uri` of an identity provider.
///
/// Who can change the document can sign in as anybody. So it is fetched over TLS, from the
/// certificates that the system trusts, and redirects are not followed. Plain HTTP is for this
/// machine alone.
///
/// ```
/// use tenancy_core::resolve::{Jwks, JwksUrl};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let url = JwksUrl::new("https://id.example.com/.well-known/jwks.json")?;
/// let keys = Jwks::new(url).start();
/// assert!(JwksUrl::new("http://id.example.com/jwks.json").is_err());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct JwksUrl {
    url: Url,
    client: Client,
}

impl JwksUrl {
    /// Fetches from this URL, at most 512 KiB, whenever keys are refreshed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when it is no `https:` URL; `http:` is good for `localhost` and
    /// loopback addresses. [`ErrorKind::Misconfigured`] when TLS cannot be set up.
    pub fn new(url: &str) -> Result<Self, Error> {
        let url = Url::parse(url).map_err(|source| {
            Error::invalid("jwks_url", "read the URL of a key set").with_source(source)
        })?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) {
            return Err(Error::invalid(
                "jwks_url",
                "read the URL of a key set: it must begin with https, or name this machine",
            ));
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            // Between two pieces; a refresh as a whole has ten seconds.
            .read_timeout(READ)
            .user_agent(concat!("tenancy/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| {
                Error::new(ErrorKind::Misconfigured, "set up TLS for a key set").with_source(source)
            })?;
        Ok(Self { url, client })
    }
}

const CONNECT: Duration = Duration::from_secs(3);
const READ: Duration = Duration::from_secs(5);

#[async_trait]
impl JwksSource for JwksUrl {
    async fn fetch(&self) -> Result<Vec<u8>, Error> {
        let sent = self.client.get(self.url.clone()).send().await;
        let mut answer = sent.map_err(|source| failed("it does not answer").with_source(source))?;
        if answer.status() != StatusCode::OK {
            return Err(failed("its status is not 200").with_source(answer.status().to_string()));
        }
        let mut document = Vec::new();
        while let Some(piece) =
            answer.chunk().await.map_err(|source| failed("it breaks off").with_source(source))?
        {
            if document.len() + piece.len() > MAX_DOCUMENT {
                return Err(failed("it is larger than 512 KiB"));
            }
            document.extend_from_slice(&piece);
        }
        Ok(document)
    }
}

fn failed(why: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("fetch a key set by its URL: {why}"))
}

fn is_this_machine(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
