//! How long do decisions take while Redis dies under load? It guards the 99th percentile of the
//! first second, once with a server that is killed and once with one that hangs.
//!
//! The server is this bench's own: `redis-server` must be there. Leaves milliseconds.

use std::net::TcpListener;
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tenancy_benches::record;
use tenancy_core::TenantId;
use tenancy_core::limit::{Limit, LimitName, RateLimiter, Source, TokenBucket};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore};
use tokio::runtime::Runtime;
use tokio::time::sleep;

const ONE: NonZeroU32 = NonZeroU32::MIN;
const TASKS: usize = 64;
const ROUNDS: usize = 3;

/// A Redis of this bench; killed when dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port().to_string();
        drop(listener);
        let process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server runs");
        Self { process, url: format!("redis://127.0.0.1:{port}") }
    }

    fn kill(&mut self) {
        self.process.kill().expect("it is killed");
        self.process.wait().expect("it has ended");
    }

    /// Stops it; connections stay open, and nothing answers.
    fn hang(&mut self) {
        let mut kill = Command::new("kill");
        let stopped = kill.args(["-s", "STOP", &self.process.id().to_string()]).status();
        assert!(stopped.expect("kill runs").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One decision: when it was asked for, how long it took, and who decided.
type Sample = (Instant, Duration, Source);

/// Each task asks a thousand times a second.
async fn load(limiter: Arc<RedisRateLimiter>, until: Instant) -> Vec<Sample> {
    let many = NonZeroU32::new(1_000_000).expect("not zero");
    let bucket = TokenBucket::per_second(many, many).expect("a good policy");
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (limiter, tenant) = (limiter.clone(), TenantId::generate());
            let limits = [Limit::new(LimitName::TENANT, bucket)];
            tokio::spawn(async move {
                let mut samples = Vec::with_capacity(4_096);
                while Instant::now() < until {
                    let asked = Instant::now();
                    let decision = limiter.check(tenant, &limits, ONE).await;
                    let source = decision.expect("a share decides").source();
                    samples.push((asked, asked.elapsed(), source));
                    sleep(Duration::from_millis(1)).await;
                }
                samples
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("no panic"));
    }
    all
}

/// The 99th percentile and the worst of those that were asked for in an interval, in milliseconds.
fn percentile(samples: &[Sample], from: Instant, length: Duration) -> (f64, f64) {
    let inside = samples.iter().filter(|(asked, ..)| (from..from + length).contains(asked));
    let mut times: Vec<_> = inside.map(|(_, took, _)| took.as_secs_f64() * 1_000.0).collect();
    times.sort_by(f64::total_cmp);
    let at = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    (times.get(at).copied().unwrap_or(0.0), times.last().copied().unwrap_or(0.0))
}

/// Returns the 99th percentile of the second before it dies, of the first one after, and of the
/// next.
async fn round(die: fn(&mut Server)) -> [f64; 3] {
    const SECOND: Duration = Duration::from_secs(1);
    let mut server = Server::start();
    let store = RedisStore::open(&server.url, RedisOptions::new()).expect("a good URL");
    while store.ping().await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    let share = OnLoss::LocalShare { nodes: ONE };
    let limiter = Arc::new(RedisRateLimiter::new(store, share));
    let start = Instant::now();
    let running = tokio::spawn(load(limiter, start + SECOND * 7 / 2));
    sleep(SECOND * 5 / 4).await;
    let (before, died) = (start + SECOND / 4, Instant::now());
    die(&mut server);
    let samples = running.await.expect("no panic");
    let shared = samples.iter().filter(|(.., source)| *source == Source::LocalShare).count();
    assert!(shared > TASKS, "it died, and a share decided");
    let parts = [before, died, died + SECOND];
    let found = parts.map(|from| percentile(&samples, from, SECOND));
    println!(
        "limits_away: 99 % and worst, ms, of the second before, the first, the next {found:.2?}"
    );
    found.map(|(most, _)| most)
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = Runtime::new().expect("a runtime");
    for name in ["killed", "hangs"] {
        let die = if name == "killed" { Server::kill } else { Server::hang };
        let (mut first, mut next) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let [_, one, two] = runtime.block_on(round(die));
            first.push(one);
            next.push(two);
        }
        // The worst: nobody on the machine makes these better.
        for (part, rounds) in [("first", first), ("next", next)] {
            let worst = rounds.into_iter().fold(0.0, f64::max);
            record(&format!("limits_away/{name}_{part}"), &[worst]).expect("a folder");
        }
    }
}
