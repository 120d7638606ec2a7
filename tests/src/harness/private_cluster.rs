use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tenancy_core::TenantId;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use super::{PrivateRedis, eventually};

/// A Redis Cluster of one test: three primaries and their replicas, to be killed, failed over,
/// paused and resharded.
///
/// A primary is held for dead after a second. The others serve their slots while one is away.
pub(crate) struct PrivateCluster {
    servers: Vec<PrivateRedis>,
    settings: Vec<Vec<String>>,
}

/// What `CLUSTER NODES` says of a server.
struct Listed {
    id: String,
    port: u16,
    is_primary: bool,
    ranges: Vec<(u16, u16)>,
}

const SERVERS: usize = 6;
const PRIMARIES: usize = 3;
const LAST_SLOT: usize = 16_383;

impl PrivateCluster {
    /// Starts it, and returns when all slots are served and each primary has its replica.
    pub(crate) async fn running() -> Self {
        let (mut servers, mut all_settings) = (Vec::new(), Vec::new());
        while servers.len() < SERVERS {
            let mut server = PrivateRedis::stopped().await;
            let settings = settings().await;
            let given: Vec<_> = settings.iter().map(String::as_str).collect();
            // Another test may have been faster to take a port.
            if server.try_start(&given).await {
                servers.push(server);
                all_settings.push(settings);
            }
        }
        let cluster = Self { servers, settings: all_settings };
        cluster.make().await;
        cluster.settled().await;
        cluster
    }

    pub(crate) fn url(&self) -> String {
        let addresses: Vec<_> = self.servers.iter().map(PrivateRedis::address).collect();
        format!("redis-cluster://{}", addresses.join(","))
    }

    async fn make(&self) {
        for server in 0..SERVERS {
            self.cluster(server, &["SET-CONFIG-EPOCH", &(server + 1).to_string()]).await;
        }
        for primary in 0..PRIMARIES {
            let slot = |part: usize| (LAST_SLOT + 1) * part / PRIMARIES;
            let (first, last) = (slot(primary).to_string(), (slot(primary + 1) - 1).to_string());
            self.cluster(primary, &["ADDSLOTSRANGE", &first, &last]).await;
        }
        for server in 1..SERVERS {
            let address = self.servers[server].address();
            let (host, port) = address.split_once(':').expect("a host and a port");
            let bus = &self.settings[server][BUS];
            self.cluster(0, &["MEET", host, port, bus]).await;
        }
        eventually("all know each other", async || {
            let mut known = 0;
            for server in 0..SERVERS {
                known += usize::from(self.listed(server).await.len() == SERVERS);
            }
            known == SERVERS
        })
        .await;
        for replica in PRIMARIES..SERVERS {
            let id: String = self.ask(replica - PRIMARIES, &["CLUSTER", "MYID"]).await;
            self.cluster(replica, &["REPLICATE", &id]).await;
        }
    }

    /// Waits until all slots are served, and each primary has a replica that is not behind.
    pub(crate) async fn settled(&self) {
        eventually("the cluster is whole", async || {
            let mut replicas = 0;
            for server in 0..SERVERS {
                let Some(mut connection) = self.try_connect(server).await else { return false };
                let mut info = redis::cmd("CLUSTER");
                let info = info.arg("INFO").query_async::<String>(&mut connection).await;
                let info = info.expect("an answer");
                let nodes = self.listed(server).await;
                let primaries = nodes.iter().filter(|node| !node.ranges.is_empty()).count();
                let heirs = nodes.iter().filter(|node| !node.is_primary).count();
                let known = (primaries, heirs) == (PRIMARIES, SERVERS - PRIMARIES);
                if !info.contains("cluster_slots_ok:16384") || !known {
                    return false;
                }
                let info: String = self.ask(server, &["INFO", "replication"]).await;
                replicas += usize::from(info.contains("master_link_status:up"));
            }
            replicas == SERVERS - PRIMARIES
        })
        .await;
    }

    /// Which server has a tenant's keys now.
    pub(crate) async fn owner(&self, tenant: TenantId) -> usize {
        let asked = (0..SERVERS).find(|server| self.servers[*server].is_running());
        let asked = asked.expect("one of them runs");
        let slot = self.slot(tenant).await;
        let nodes = self.listed(asked).await;
        let has = |node: &Listed| node.ranges.iter().any(|(a, b)| (*a..=*b).contains(&slot));
        let owner = nodes.into_iter().find(|node| node.is_primary && has(node));
        self.server_at(owner.expect("the slot is served").port)
    }

    /// The replica of a primary, as soon as the primary has heard of one.
    pub(crate) async fn replica_of(&self, primary: usize) -> usize {
        let id: String = self.ask(primary, &["CLUSTER", "MYID"]).await;
        let mut found = None;
        eventually("the primary has a replica", async || {
            let mut replicas = redis::cmd("CLUSTER");
            replicas.arg("REPLICAS").arg(&id);
            let mut connection = self.connect(primary).await;
            let lines = replicas.query_async::<Vec<String>>(&mut connection).await;
            found = lines.expect("an answer").first().and_then(|line| listed(line));
            found.is_some()
        })
        .await;
        self.server_at(found.expect("it was found").port)
    }

    pub(crate) async fn slot(&self, tenant: TenantId) -> u16 {
        let asked = (0..SERVERS).find(|server| self.servers[*server].is_running());
        let key = format!("{{{tenant}}}");
        self.ask(asked.expect("one of them runs"), &["CLUSTER", "KEYSLOT", &key]).await
    }

    pub(crate) async fn kill(&mut self, server: usize) {
        self.servers[server].kill().await;
    }

    /// Starts one again that was killed; it comes back empty.
    pub(crate) async fn start(&mut self, server: usize) {
        let settings: Vec<_> = self.settings[server].iter().map(String::as_str).collect();
        self.servers[server].start(&settings).await;
    }

    pub(crate) async fn pause(&self, server: usize) {
        self.servers[server].pause().await;
    }

    pub(crate) async fn resume(&self, server: usize) {
        self.servers[server].resume().await;
    }

    /// Has a replica take over without losing anything; returns when it has.
    pub(crate) async fn fail_over(&self, replica: usize) {
        self.cluster(replica, &["FAILOVER"]).await;
        self.took_over(replica).await;
    }

    /// Waits until a replica has taken over.
    pub(crate) async fn took_over(&self, replica: usize) {
        eventually("the replica takes over", async || {
            let info: String = self.ask(replica, &["INFO", "replication"]).await;
            info.contains("role:master")
        })
        .await;
    }

    /// Makes all servers forget all scripts.
    pub(crate) async fn flush_scripts(&self) {
        for server in 0..SERVERS {
            let _: String = self.ask(server, &["SCRIPT", "FLUSH"]).await;
        }
    }

    /// Moves a slot, key by key.
    pub(crate) async fn move_slot(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let [source, target] = [self.id(from).await, self.id(to).await];
        self.cluster(to, &["SETSLOT", &slot, "IMPORTING", &source]).await;
        self.cluster(from, &["SETSLOT", &slot, "MIGRATING", &target]).await;
        // Calls meet a slot that is half here and half there.
        sleep(Duration::from_millis(20)).await;
        let mut connection = self.connect(from).await;
        loop {
            let mut keys = redis::cmd("CLUSTER");
            keys.arg("GETKEYSINSLOT").arg(&slot).arg(1);
            let keys = keys.query_async::<Vec<String>>(&mut connection).await.expect("the keys");
            if keys.is_empty() {
                break;
            }
            let address = self.servers[to].address();
            let (host, port) = address.split_once(':').expect("a host and a port");
            let mut migrate = redis::cmd("MIGRATE");
            migrate.arg(host).arg(port).arg("").arg(0).arg(5_000).arg("KEYS").arg(keys);
            // Who has just taken over, or comes back, refuses for a moment.
            if let Err(refused) = migrate.query_async::<String>(&mut connection).await {
                assert!(refused.to_string().contains("CLUSTERDOWN"), "{refused}");
                sleep(Duration::from_millis(20)).await;
            }
        }
        for server in [to, from] {
            self.cluster(server, &["SETSLOT", &slot, "NODE", &target]).await;
        }
    }

    async fn id(&self, server: usize) -> String {
        self.ask(server, &["CLUSTER", "MYID"]).await
    }

    async fn cluster(&self, server: usize, words: &[&str]) {
        let words = [&["CLUSTER"], words].concat();
        let _: String = self.ask(server, &words).await;
    }

    /// Asks one server; it must run.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, server: usize, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let answer = command.query_async(&mut self.connect(server).await).await;
        answer.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    async fn connect(&self, server: usize) -> MultiplexedConnection {
        self.try_connect(server).await.expect("it listens")
    }

    async fn try_connect(&self, server: usize) -> Option<MultiplexedConnection> {
        let client = redis::Client::open(self.servers[server].url()).expect("a URL");
        let config =
            redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        let connected = client.get_multiplexed_async_connection_with_config(&config);
        timeout(Duration::from_secs(10), connected).await.ok()?.ok()
    }

    async fn listed(&self, server: usize) -> Vec<Listed> {
        let text: String = self.ask(server, &["CLUSTER", "NODES"]).await;
        text.lines().filter_map(listed).filter(|node| !node.id.is_empty()).collect()
    }

    fn server_at(&self, port: u16) -> usize {
        let url = format!("redis://127.0.0.1:{port}");
        let found = self.servers.iter().position(|server| server.url() == url);
        found.expect("one of ours")
    }
}

/// Where the bus's port stands in the settings.
const BUS: usize = 3;

async fn settings() -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let bus = listener.local_addr().expect("an address").port().to_string();
    let words = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        &bus,
        "--cluster-config-file",
        "nodes.conf",
        "--cluster-node-timeout",
        "1000",
        "--cluster-require-full-coverage",
        "no",
        // However long a busy machine kept it from hearing of its primary.
        "--cluster-replica-validity-factor",
        "0",
        "--repl-diskless-sync-delay",
        "0",
    ];
    words.map(str::to_owned).to_vec()
}

fn listed(line: &str) -> Option<Listed> {
    let words: Vec<_> = line.split(' ').collect();
    let [id, address, flags, _, _, _, _, _, slots @ ..] = &words[..] else { return None };
    let port = address.split('@').next()?.rsplit(':').next()?.parse().ok()?;
    let range = |text: &&str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    let is_primary = flags.contains("master") && !flags.contains("fail");
    let ranges = slots.iter().filter_map(range).collect();
    Some(Listed { id: (*id).to_owned(), port, is_primary, ranges })
}
