use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Client;
use reqwest::redirect::Policy;
use tenancy_core::{Error, ErrorKind};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::resolver::{Guarded, Refused};
use super::{Reach, ReceiverUrl};

/// Sends requests to receivers. Clones share it.
#[derive(Clone)]
pub struct Outbound {
    reach: Reach,
    user_agent: &'static str,
    /// Made when it is first needed: reading the system's certificates takes a moment.
    client: Arc<OnceCell<Client>>,
}

/// What a receiver has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The HTTP status.
    pub status: u16,
    /// When it wants to be asked again, from now on, if it says so in seconds.
    pub retry_after: Option<Duration>,
    /// How long it took.
    pub took: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// The address is not of the public network.
    AddressRefused,
    /// It took too long.
    TimedOut,
    /// Its name, its address or its encryption did not work.
    Unreachable,
}

/// For all of it, from the name to the end of the answer.
const LONGEST: Duration = Duration::from_secs(10);

/// Read of an answer, to be polite; the rest is not.
const ANSWER: usize = 64 * 1024;

impl Outbound {
    /// Makes one that goes so far, under a name that receivers see.
    pub fn new(reach: Reach, user_agent: &'static str) -> Self {
        Self { reach, user_agent, client: Arc::default() }
    }

    /// Returns how far it goes.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// Posts a body and waits for the answer, at most ten seconds. Its status is told, and nothing of
    /// its body.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when the system's certificates cannot be read. That a receiver
    /// does not answer is an [`Undelivered`].
    pub async fn post(
        &self,
        to: &ReceiverUrl,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<Result<Delivery, Undelivered>, Error> {
        // The URL may be older than what is allowed now.
        if ReceiverUrl::parse(to.as_str(), self.reach).is_err() {
            return Ok(Err(Undelivered::AddressRefused));
        }
        let client = self.client.get_or_try_init(|| async { self.made() }).await?;
        let begun = Instant::now();
        let headers: HeaderMap = headers.into_iter().collect();
        let send = async {
            let mut answer = client.post(to.url()).headers(headers).body(body).send().await?;
            let status = answer.status().as_u16();
            let retry_after = answer.headers().get("retry-after").and_then(seconds);
            let mut read = 0;
            while let Some(part) = answer.chunk().await.unwrap_or_default() {
                read += part.len();
                if read > ANSWER {
                    break;
                }
            }
            Ok::<_, reqwest::Error>(Delivery { status, retry_after, took: begun.elapsed() })
        };
        Ok(match tokio::time::timeout(LONGEST, send).await {
            Ok(Ok(delivery)) => Ok(delivery),
            Ok(Err(error)) if is_refused(&error) => Err(Undelivered::AddressRefused),
            Ok(Err(error)) if error.is_timeout() => Err(Undelivered::TimedOut),
            Ok(Err(_)) => Err(Undelivered::Unreachable),
            Err(_) => Err(Undelivered::TimedOut),
        })
    }

    fn made(&self) -> Result<Client, Error> {
        let client = Client::builder()
            .dns_resolver(Guarded(self.reach))
            .redirect(Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .referer(false)
            .user_agent(self.user_agent);
        client.build().map_err(|source| {
            Error::new(ErrorKind::Misconfigured, "make a client for receivers").with_source(source)
        })
    }
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<Refused>() {
            return true;
        }
        cause = error.source();
    }
    false
}

impl Undelivered {
    /// Returns the name that callers see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddressRefused => "address_refused",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("reach", &self.reach).finish_non_exhaustive()
    }
}
