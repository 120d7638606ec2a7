use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tenancy_core::{Error, ErrorKind};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::RedisOptions;
use crate::failure::Failure;
use crate::transport::{Connection, Endpoint, Reply, Request, Run, Subscription};

/// A Redis server: one connection, and what happens when it is away.
///
/// Clones share the connection. It is opened by the first call. After a failure calls come back
/// at once, without a network in between, while one task tries to connect again; the first to
/// notice has waited one [deadline](RedisOptions::deadline) at most.
#[derive(Clone)]
pub struct RedisStore(Arc<Shared>);

struct Shared {
    endpoint: Endpoint,
    options: RedisOptions,
    link: watch::Sender<Link>,
}

#[derive(Clone)]
enum Link {
    /// Nobody has asked yet.
    Unused,
    /// The first attempt is under way; callers wait for it.
    Opening,
    /// Connected.
    Up(Live),
    /// A task tries again; callers do not wait.
    Down,
}

#[derive(Clone)]
struct Live {
    connection: Connection,
    since: Instant,
}

/// Which connection is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The first one, until it is there or known to fail.
    ForTheFirst,
    /// Any, also one that is being made again.
    ForAny,
}

impl RedisStore {
    /// Takes the URL of a server, `redis://[user][:password@]host[:port][/db]` or `unix:///path`,
    /// and connects at the first call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) when the URL cannot be read. No
    /// error and no output of this crate repeats the URL.
    pub fn open(url: &str, options: RedisOptions) -> Result<Self, Error> {
        let endpoint = Endpoint::parse(url)?;
        Ok(Self(Arc::new(Shared { endpoint, options, link: watch::Sender::new(Link::Unused) })))
    }

    /// Asks whether Redis answers: what a readiness check wants to know.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when it does not, within
    /// the deadline.
    pub async fn ping(&self) -> Result<(), Error> {
        let answer = self.send(&Request::command("PING")).await;
        answer.map(drop).map_err(|failure| failure.into_error("ask redis whether it is there"))
    }

    pub(crate) fn options(&self) -> &RedisOptions {
        &self.0.options
    }

    /// Connects to listen to a channel.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<Subscription, Failure> {
        let limit = self.0.options.connect_timeout;
        let connected = timeout(limit, self.0.endpoint.subscribe(channel)).await;
        connected.unwrap_or(Err(Failure::Late(limit)))
    }

    /// Sends a request, within the deadline; while Redis is away, not at all.
    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, Failure> {
        self.send_until(request, Instant::now() + self.0.options.deadline).await
    }

    /// Sends a request that must be answered until then, a deadline after somebody asked.
    pub(crate) async fn send_until(
        &self,
        request: &Request,
        until: Instant,
    ) -> Result<Reply, Failure> {
        let live = self.live(until, Wait::ForTheFirst).await?;
        self.send_over(live, request, until, self.0.options.deadline).await
    }

    /// Checks that the server evicts no key when it is full. Each connection was asked once.
    pub(crate) async fn keeps_all(&self) -> Result<(), Error> {
        let until = Instant::now() + self.0.options.deadline;
        match self.live(until, Wait::ForTheFirst).await {
            Ok(live) if live.connection.keeps_all() => Ok(()),
            Ok(_) => {
                let message = "decide a rate limit: a full redis would forget limits: \
                               set its maxmemory-policy to noeviction";
                Err(Error::new(ErrorKind::Misconfigured, message))
            }
            Err(failure) => Err(failure.into_error("decide a rate limit")),
        }
    }

    /// Sends a request that is made for the run of the server that answers it; returns both.
    pub(crate) async fn send_to_run(
        &self,
        request: impl FnOnce(&str) -> Request,
    ) -> Result<(Reply, Run), Failure> {
        let deadline = self.0.options.deadline;
        let until = Instant::now() + deadline;
        let live = self.live(until, Wait::ForTheFirst).await?;
        let run = live.connection.run().clone();
        let reply = self.send_over(live, &request(&run), until, deadline).await?;
        Ok((reply, run))
    }

    /// Sends a request that nobody waits for: while Redis is away, it waits for it.
    pub(crate) async fn send_patiently(&self, request: &Request) -> Result<Reply, Failure> {
        let patience = self.0.options.patience;
        let live = self.live(Instant::now() + patience, Wait::ForAny).await?;
        // Anew: an answer that had no time left would say nothing about the server.
        self.send_over(live, request, Instant::now() + patience, patience).await
    }

    async fn send_over(
        &self,
        mut live: Live,
        request: &Request,
        until: Instant,
        limit: Duration,
    ) -> Result<Reply, Failure> {
        let answer = timeout_at(until, live.connection.send(request)).await;
        let answer = answer.unwrap_or(Err(Failure::Late(limit)));
        if let Err(failure @ (Failure::Lost(_) | Failure::Late(_))) = &answer {
            self.0.lost(live.since, failure);
        }
        answer
    }

    async fn live(&self, until: Instant, wait: Wait) -> Result<Live, Failure> {
        let link = self.0.link.borrow().clone();
        match link {
            Link::Up(live) => return Ok(live),
            Link::Down if wait == Wait::ForTheFirst => return Err(Failure::Down),
            Link::Unused => self.0.first_use(),
            Link::Opening | Link::Down => {}
        }
        let mut link = self.0.link.subscribe();
        let opened = link.wait_for(|link| match link {
            Link::Up(_) => true,
            Link::Down => wait == Wait::ForTheFirst,
            Link::Unused | Link::Opening => false,
        });
        if let Ok(opened) = timeout_at(until, opened).await {
            return match opened.as_deref() {
                Ok(Link::Up(live)) => Ok(live.clone()),
                _ => Err(Failure::Down),
            };
        }
        self.0.slow_to_open();
        Err(Failure::Late(self.0.options.deadline))
    }
}

impl Shared {
    fn first_use(self: &Arc<Self>) {
        let first = self.link.send_if_modified(|link| {
            let first = matches!(link, Link::Unused);
            if first {
                *link = Link::Opening;
            }
            first
        });
        if first {
            tokio::spawn(connect(Arc::downgrade(self), Duration::ZERO));
        }
    }

    /// One deadline was spent on it: nobody else waits. The attempt goes on.
    fn slow_to_open(&self) {
        let first = self.link.send_if_modified(|link| {
            let opening = matches!(link, Link::Opening);
            if opening {
                *link = Link::Down;
            }
            opening
        });
        if first {
            tracing::warn!(redis.endpoint = ?self.endpoint, "redis is slow to connect");
        }
    }

    /// Takes a connection out of use, once, and has a new one made.
    fn lost(self: &Arc<Self>, since: Instant, failure: &Failure) {
        let first = self.link.send_if_modified(|link| {
            let current = matches!(link, Link::Up(live) if live.since == since);
            if current {
                *link = Link::Down;
            }
            current
        });
        if first {
            tracing::warn!(redis.endpoint = ?self.endpoint, error = %failure, "redis is away");
            // A server that was there for long is asked again at once: it may have hung up, or
            // have been slow this one time.
            let pause = if since.elapsed() > self.options.retry_after_at_most {
                Duration::ZERO
            } else {
                self.options.retry_after
            };
            tokio::spawn(connect(Arc::downgrade(self), pause));
        }
    }

    async fn attempt(&self) -> Result<Connection, Failure> {
        let limit = self.options.connect_timeout;
        let mut connection =
            timeout(limit, self.endpoint.connect()).await.unwrap_or(Err(Failure::Late(limit)))?;
        // Too slow for a decision is as good as away.
        let limit = self.options.deadline;
        timeout(limit, connection.send(&Request::command("PING")))
            .await
            .unwrap_or(Err(Failure::Late(limit)))?;
        Ok(connection)
    }
}

/// Tries until there is a connection or nobody needs one. At most one runs for a store.
async fn connect(shared: Weak<Shared>, mut pause: Duration) {
    let _unfinished = Unfinished(shared.clone());
    loop {
        sleep(spread(pause)).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        match shared.attempt().await {
            Ok(connection) => {
                tracing::info!(redis.endpoint = ?shared.endpoint, "redis is connected");
                shared.link.send_replace(Link::Up(Live { connection, since: Instant::now() }));
                return;
            }
            Err(failure) => {
                let first = matches!(shared.link.send_replace(Link::Down), Link::Opening);
                if first {
                    tracing::warn!(redis.endpoint = ?shared.endpoint, error = %failure, "redis is away");
                }
                let options = &shared.options;
                pause = (pause * 2).clamp(options.retry_after, options.retry_after_at_most);
            }
        }
    }
}

/// When the task ends without a connection, because its runtime does, the next call starts anew.
struct Unfinished(Weak<Shared>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.link.send_if_modified(|link| {
                let unfinished = !matches!(link, Link::Up(_));
                if unfinished {
                    *link = Link::Unused;
                }
                unfinished
            });
        }
    }
}

/// A pause between half and all of this one, so that nodes do not come back in step.
fn spread(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) % 512;
    pause * (512 + u32::try_from(random).unwrap_or(0)) / 1_024
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("endpoint", &self.0.endpoint)
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
