use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tenancy_core::Error;
use tokio::time::Instant;

use crate::RedisOptions;
use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::node::{Node, Wait};
use crate::request::{Reply, Request};
use crate::transport::{Asking, Endpoint, Run, Subscription};

/// A Redis server or a Redis Cluster: a connection to each server, and what happens when one is
/// away.
///
/// Clones share the connections. They are opened by the first call. After a failure calls come
/// back at once, without a network in between, while one task tries to connect again; the first to
/// notice has waited one [deadline](RedisOptions::deadline) at most. In a cluster that holds for
/// each server by itself: when one is away, tenants whose keys are with the others notice nothing.
#[derive(Clone)]
pub struct RedisStore(Arc<Servers>);

enum Servers {
    One(Arc<Node>, RedisOptions),
    Cluster(Arc<Cluster>, RedisOptions),
}

/// What is sent.
#[derive(Clone, Copy)]
pub(crate) enum Sent<'a> {
    /// The same to whoever has the keys.
    Plain(&'a Request),
    /// Made for the run of the server that it is sent to.
    ForRun(&'a (dyn Fn(&str) -> Request + Send + Sync)),
}

/// Until when an answer must be there, and which connection is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) until: Instant,
    pub(crate) limit: Duration,
    pub(crate) wait: Wait,
}

impl RedisStore {
    /// Takes the URL of a server, `redis://[user][:password@]host[:port][/db]` or `unix:///path`,
    /// or of some servers of a cluster, `redis-cluster://[user][:password@]host:port[,host:port…]`,
    /// which tell of the others. Connects at the first call.
    ///
    /// In a cluster all keys of a tenant are with one server. Where it moves, by a failover or
    /// because slots move, calls follow.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) when the URL cannot be read. No
    /// error and no output of this crate repeats the URL.
    pub fn open(url: &str, options: RedisOptions) -> Result<Self, Error> {
        let servers = if let Some(servers) = url.strip_prefix("redis-cluster://") {
            Servers::Cluster(Cluster::parse(servers, options.clone())?, options)
        } else {
            Servers::One(Node::new(Endpoint::parse(url)?, options.clone()), options)
        };
        Ok(Self(Arc::new(servers)))
    }

    /// Asks whether Redis answers: what a readiness check wants to know. Of a cluster, one server
    /// has to.
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
        match &*self.0 {
            Servers::One(_, options) | Servers::Cluster(_, options) => options,
        }
    }

    /// Tells whether keys are parted among servers, by their slots.
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(*self.0, Servers::Cluster(..))
    }

    /// Connects to listen to a channel.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<Subscription, Failure> {
        match &*self.0 {
            Servers::One(node, _) => node.subscribe(channel).await,
            Servers::Cluster(cluster, _) => cluster.subscribe(channel).await,
        }
    }

    /// Sends a request, within the deadline; while Redis is away, not at all.
    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, Failure> {
        self.send_until(request, Instant::now() + self.options().deadline).await
    }

    /// Sends a request that must be answered until then, a deadline after somebody asked.
    pub(crate) async fn send_until(
        &self,
        request: &Request,
        until: Instant,
    ) -> Result<Reply, Failure> {
        let limit = self.options().deadline;
        let patience = Patience { until, limit, wait: Wait::ForTheFirst };
        self.route(Sent::Plain(request), patience).await.map(|(reply, _)| reply)
    }

    /// Sends a request that is made for the run of the server that answers it; returns both.
    pub(crate) async fn send_to_run(
        &self,
        request: impl Fn(&str) -> Request + Send + Sync,
    ) -> Result<(Reply, Run), Failure> {
        let limit = self.options().deadline;
        let until = Instant::now() + limit;
        let patience = Patience { until, limit, wait: Wait::ForTheFirst };
        self.route(Sent::ForRun(&request), patience).await
    }

    /// Sends a request that nobody waits for: while Redis is away, it waits for it.
    pub(crate) async fn send_patiently(&self, request: &Request) -> Result<Reply, Failure> {
        let limit = self.options().patience;
        let until = Instant::now() + limit;
        let patience = Patience { until, limit, wait: Wait::ForAny };
        self.route(Sent::Plain(request), patience).await.map(|(reply, _)| reply)
    }

    async fn route(&self, sent: Sent<'_>, patience: Patience) -> Result<(Reply, Run), Failure> {
        match &*self.0 {
            Servers::One(node, _) => {
                let live = node.live(patience.until, patience.wait).await?;
                sent.over(node, live, Asking::No, patience).await
            }
            Servers::Cluster(cluster, _) => cluster.send(sent, patience).await,
        }
    }
}

impl Sent<'_> {
    /// Sends it over a connection.
    pub(crate) async fn over(
        self,
        node: &Arc<Node>,
        live: crate::node::Live,
        asking: Asking,
        patience: Patience,
    ) -> Result<(Reply, Run), Failure> {
        let run = live.run().clone();
        let limit = patience.limit;
        // Who was patient is so anew: an answer without time left would say nothing about the
        // server.
        let until = match patience.wait {
            Wait::ForTheFirst => patience.until,
            Wait::ForAny => Instant::now() + limit,
        };
        let reply = match self {
            Self::Plain(request) => node.send_over(live, request, asking, until, limit).await,
            Self::ForRun(request) => {
                let request = request(&run);
                node.send_over(live, &request, asking, until, limit).await
            }
        };
        reply.map(|reply| (reply, run))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RedisStore");
        match &*self.0 {
            Servers::One(node, _) => debug.field("endpoint", node),
            Servers::Cluster(cluster, _) => debug.field("cluster", cluster),
        };
        debug.field("options", self.options()).finish_non_exhaustive()
    }
}
