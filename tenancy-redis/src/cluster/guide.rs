use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tenancy_core::Error;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::keeper;
use super::map::Map;
use crate::RedisOptions;
use crate::failure::{Elsewhere, Failure};
use crate::node::{Live, Node, Wait};
use crate::request::Reply;
use crate::slot::Slot;
use crate::store::{Patience, Sent};
use crate::transport::{Asking, Endpoint, Run, Subscription};

/// Finds the server of each request, and follows when keys move.
///
/// A request is sent again only when a server said that it did nothing. One that was lost on the
/// way is not: it may have happened.
pub(crate) struct Cluster {
    pub(super) seeds: Vec<Endpoint>,
    pub(super) options: RedisOptions,
    pub(super) known: watch::Sender<Known>,
    /// Whether a task looks where the slots are.
    pub(super) is_kept: AtomicBool,
    turn: AtomicUsize,
}

/// What is known of the cluster.
#[derive(Clone)]
pub(super) enum Known {
    /// Nothing yet; callers wait for it.
    Nothing,
    /// No server told; callers do not wait.
    Away,
    Map(Arc<Map>),
}

/// How often a request is sent on within a call. Two are usual: a slot that moved, on its way.
const HOPS: usize = 16;
/// The pause before keys that are on their way are asked for again.
const SHORTLY: Duration = Duration::from_millis(2);
/// The same for who is patient.
const SOON: Duration = Duration::from_millis(25);

impl Cluster {
    /// Reads `[user][:password@]host:port[,host:port…]`.
    pub(crate) fn parse(servers: &str, options: RedisOptions) -> Result<Arc<Self>, Error> {
        let (login, hosts) =
            servers.rsplit_once('@').map_or(("", servers), |(login, hosts)| (login, hosts));
        let at = if login.is_empty() { "" } else { "@" };
        let parse = |host: &str| Endpoint::parse(&format!("redis://{login}{at}{host}"));
        let hosts = hosts.trim_end_matches('/');
        if hosts.contains('/') {
            return Err(Error::invalid("redis_url", "read the URL of redis: a cluster has no /db"));
        }
        let seeds = hosts.split(',').map(parse).collect::<Result<_, _>>()?;
        let (known, is_kept) = (watch::Sender::new(Known::Nothing), AtomicBool::new(false));
        Ok(Arc::new(Self { seeds, options, known, is_kept, turn: AtomicUsize::new(0) }))
    }

    /// Sends it to the server that has its keys, or to any when it has none.
    pub(crate) async fn send(
        self: &Arc<Self>,
        sent: Sent<'_>,
        patience: Patience,
    ) -> Result<(Reply, Run), Failure> {
        let slot = match sent {
            Sent::Plain(request) => request.slot()?,
            Sent::ForRun(request) => request("").slot()?,
        };
        let mut to = None;
        let mut failure = Failure::Down;
        for _ in 0..HOPS {
            let (node, asking) = match to.take() {
                Some(named) => named,
                None => (self.node(slot, patience).await?, Asking::No),
            };
            let answer = match self.live(&node, slot, patience).await {
                Ok(live) => sent.over(&node, live, asking, patience).await,
                Err(failure) => Err(failure),
            };
            match answer {
                Err(Failure::Elsewhere(elsewhere)) => {
                    to = self.follow(&node, slot, &elsewhere);
                    failure = Failure::Elsewhere(elsewhere);
                }
                Err(not_now @ Failure::NotNow(_)) => failure = not_now,
                answer => {
                    if node.is_down() {
                        keeper::look(self);
                    }
                    return answer;
                }
            }
            if to.is_none() && !self.pause(patience).await {
                break;
            }
        }
        Err(match failure {
            // Not for ever: servers disagree while a slot moves.
            Failure::Elsewhere(_) => Failure::Late(patience.limit),
            failure => failure,
        })
    }

    /// Waits a moment before it is tried again; false when there is no time for that.
    async fn pause(self: &Arc<Self>, patience: Patience) -> bool {
        keeper::look(self);
        let pause = if patience.wait == Wait::ForAny { SOON } else { SHORTLY };
        let is_time = Instant::now() + pause < patience.until;
        if is_time {
            sleep(pause).await;
        }
        is_time
    }

    /// Connects to listen to a channel: what is published to one is heard by all.
    pub(crate) async fn subscribe(
        self: &Arc<Self>,
        channel: &str,
    ) -> Result<Subscription, Failure> {
        let limit = self.options.connect_timeout;
        let patience = Patience { until: Instant::now() + limit, limit, wait: Wait::ForTheFirst };
        self.node(None, patience).await?.subscribe(channel).await
    }

    /// The owner of a slot, or any server.
    async fn node(
        self: &Arc<Self>,
        slot: Option<Slot>,
        patience: Patience,
    ) -> Result<Arc<Node>, Failure> {
        let map = self.map(patience).await?;
        let Some(slot) = slot else { return self.anyone(&map).ok_or(Failure::Down) };
        map.owner(slot).cloned().ok_or_else(|| {
            keeper::look(self);
            Failure::Down
        })
    }

    fn anyone(&self, map: &Map) -> Option<Arc<Node>> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = map.nodes().len();
        let each = (0..count).map(|at| &map.nodes()[(first % count + at) % count]);
        each.clone().find(|node| !node.is_down()).or_else(|| each.clone().next()).cloned()
    }

    async fn map(self: &Arc<Self>, patience: Patience) -> Result<Arc<Map>, Failure> {
        let known = self.known.borrow().clone();
        if let Known::Map(map) = known {
            return Ok(map);
        }
        keeper::look(self);
        if matches!(known, Known::Away) && patience.wait == Wait::ForTheFirst {
            return Err(Failure::Down);
        }
        let mut known = self.known.subscribe();
        let told = known.wait_for(|known| match known {
            Known::Map(_) => true,
            Known::Away => patience.wait == Wait::ForTheFirst,
            Known::Nothing => false,
        });
        if let Ok(told) = timeout_at(patience.until, told).await {
            return match told.as_deref() {
                Ok(Known::Map(map)) => Ok(map.clone()),
                _ => Err(Failure::Down),
            };
        }
        // One deadline was spent on it: nobody else waits.
        self.nobody_told();
        Err(Failure::Late(patience.limit))
    }

    /// Has callers wait no more, while nothing is known.
    pub(super) fn nobody_told(&self) {
        self.known.send_if_modified(|known| {
            let nothing = matches!(known, Known::Nothing);
            if nothing {
                *known = Known::Away;
            }
            nothing
        });
    }

    /// The connection to a server. Who is patient waits for whoever owns the slot then.
    async fn live(
        self: &Arc<Self>,
        node: &Arc<Node>,
        slot: Option<Slot>,
        patience: Patience,
    ) -> Result<Live, Failure> {
        let live = node.live(patience.until, Wait::ForTheFirst).await;
        let failure = match live {
            Err(failure) if patience.wait == Wait::ForAny => failure,
            live => return live,
        };
        keeper::look(self);
        let mut waiting = node.clone();
        while Instant::now() < patience.until {
            let until = patience.until.min(Instant::now() + self.options.deadline);
            if let Ok(live) = waiting.live(until, Wait::ForAny).await {
                return Ok(live);
            }
            waiting = self.node(slot, patience).await.unwrap_or(waiting);
        }
        Err(failure)
    }

    /// Goes where a server said that the keys are.
    fn follow(
        self: &Arc<Self>,
        from: &Arc<Node>,
        slot: Option<Slot>,
        elsewhere: &Elsewhere,
    ) -> Option<(Arc<Node>, Asking)> {
        let endpoint = from.endpoint().at(&elsewhere.address)?;
        let Known::Map(map) = self.known.borrow().clone() else { return None };
        let address = endpoint.address();
        let found = map.nodes().iter().find(|node| node.endpoint().address() == address);
        let is_new = found.is_none();
        let node = found.cloned().unwrap_or_else(|| Node::new(endpoint, self.options.clone()));
        if let (Some(slot), true) = (slot, elsewhere.asking == Asking::No || is_new) {
            if elsewhere.asking == Asking::No {
                tracing::debug!(redis.slot = slot.index(), redis.endpoint = ?node, "a slot moved");
            }
            self.learn(slot, &node, elsewhere.asking);
        }
        Some((node, elsewhere.asking))
    }

    /// Remembers who has a slot, or that there is one more server.
    fn learn(self: &Arc<Self>, slot: Slot, node: &Arc<Node>, asking: Asking) {
        self.known.send_if_modified(|known| {
            let Known::Map(map) = known else { return false };
            let next = match asking {
                Asking::No => map.with_owner(slot, node.clone()),
                Asking::Yes => map.with_node(node.clone()),
            };
            *map = Arc::new(next);
            true
        });
        keeper::look(self);
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.known.borrow() {
            Known::Map(map) => f.debug_list().entries(map.nodes()).finish(),
            Known::Nothing | Known::Away => f.debug_list().entries(&self.seeds).finish(),
        }
    }
}
