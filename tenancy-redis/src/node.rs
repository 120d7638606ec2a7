use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::RedisOptions;
use crate::failure::Failure;
use crate::request::{Reply, Request};
use crate::transport::{Asking, Connection, Endpoint, Run, Subscription};

/// One server: one connection, and what happens when it is away.
pub(crate) struct Node {
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

/// A connection that is up.
#[derive(Clone)]
pub(crate) struct Live {
    connection: Connection,
    since: Instant,
}

/// Which connection is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The first one, until it is there or known to fail.
    ForTheFirst,
    /// Any, also one that is being made again.
    ForAny,
}

impl Live {
    /// Returns the run of the server, empty when it may not be asked for.
    pub(crate) fn run(&self) -> &Run {
        self.connection.run()
    }
}

impl Node {
    pub(crate) fn new(endpoint: Endpoint, options: RedisOptions) -> Arc<Self> {
        Arc::new(Self { endpoint, options, link: watch::Sender::new(Link::Unused) })
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Tells whether it is known to be away.
    pub(crate) fn is_down(&self) -> bool {
        matches!(*self.link.borrow(), Link::Down)
    }

    /// Tells whether it is connected.
    pub(crate) fn is_up(&self) -> bool {
        matches!(*self.link.borrow(), Link::Up(_))
    }

    /// Connects to listen to a channel.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<Subscription, Failure> {
        let limit = self.options.connect_timeout;
        let connected = timeout(limit, self.endpoint.subscribe(channel)).await;
        connected.unwrap_or(Err(Failure::Late(limit)))
    }

    /// Sends a request over a connection that was up, until then, a limit after somebody asked.
    pub(crate) async fn send_over(
        self: &Arc<Self>,
        mut live: Live,
        request: &Request,
        asking: Asking,
        until: Instant,
        limit: Duration,
    ) -> Result<Reply, Failure> {
        if request.wants_all_kept() && !live.connection.keeps_all() {
            return Err(Failure::Evicts);
        }
        let answer = timeout_at(until, live.connection.send(request, asking)).await;
        let answer = answer.unwrap_or(Err(Failure::Late(limit)));
        if let Err(failure @ (Failure::Lost(_) | Failure::Late(_))) = &answer {
            self.lost(live.since, failure);
        }
        answer
    }

    /// Returns the connection, or waits for it.
    pub(crate) async fn live(
        self: &Arc<Self>,
        until: Instant,
        wait: Wait,
    ) -> Result<Live, Failure> {
        let link = self.link.borrow().clone();
        match link {
            Link::Up(live) => return Ok(live),
            Link::Down if wait == Wait::ForTheFirst => return Err(Failure::Down),
            Link::Unused => self.first_use(),
            Link::Opening | Link::Down => {}
        }
        let mut link = self.link.subscribe();
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
        self.slow_to_open();
        Err(Failure::Late(self.options.deadline))
    }

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
        timeout(limit, connection.send(&Request::command("PING"), Asking::No))
            .await
            .unwrap_or(Err(Failure::Late(limit)))?;
        Ok(connection)
    }
}

/// Tries until there is a connection or nobody needs one. At most one runs for a store.
async fn connect(node: Weak<Node>, mut pause: Duration) {
    let _unfinished = Unfinished(node.clone());
    loop {
        sleep(spread(pause)).await;
        let Some(node) = node.upgrade() else {
            return;
        };
        match node.attempt().await {
            Ok(connection) => {
                tracing::info!(redis.endpoint = ?node.endpoint, "redis is connected");
                node.link.send_replace(Link::Up(Live { connection, since: Instant::now() }));
                return;
            }
            Err(failure) => {
                let first = matches!(node.link.send_replace(Link::Down), Link::Opening);
                if first {
                    tracing::warn!(redis.endpoint = ?node.endpoint, error = %failure, "redis is away");
                }
                let options = &node.options;
                pause = (pause * 2).clamp(options.retry_after, options.retry_after_at_most);
            }
        }
    }
}

/// When the task ends without a connection, because its runtime does, the next call starts anew.
struct Unfinished(Weak<Node>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(node) = self.0.upgrade() {
            node.link.send_if_modified(|link| {
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
pub(crate) fn spread(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) % 512;
    pause * (512 + u32::try_from(random).unwrap_or(0)) / 1_024
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}
