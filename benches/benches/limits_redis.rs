//! What does a shared decision cost, beside the least that Redis can do? It guards the ratio to
//! a bare `INCR` over a connection like ours: one socket, shared, without delay.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, io::tcp::TcpSettings};
use tenancy_core::TenantId;
use tenancy_core::limit::{
    AtMost, Calendar, Limit, LimitName, Period, RateLimiter, SlidingLog, TokenBucket,
};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore};
use tokio::runtime::{Builder, Runtime};

const ONE: NonZeroU32 = NonZeroU32::MIN;
const TASKS: u32 = 64;

fn url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL is set: start this with benches/run")
}

fn limiter() -> Arc<RedisRateLimiter> {
    let options = RedisOptions::new().deadline(Duration::from_secs(5));
    let store = RedisStore::open(&url(), options).expect("a good URL");
    Arc::new(RedisRateLimiter::new(store, OnLoss::Closed))
}

async fn connection() -> MultiplexedConnection {
    let info = url().into_connection_info().expect("a good URL");
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let config =
        AsyncConnectionConfig::new().set_response_timeout(None).set_pipeline_buffer_size(1_024);
    let client = Client::open(info).expect("a good URL");
    client.get_multiplexed_async_connection_with_config(&config).await.expect("redis answers")
}

/// A limit as plans have it: at this speed it is used up, and refuses.
fn sixty() -> Vec<Limit> {
    let sixty = SlidingLog::per_minute(NonZeroU32::new(60).expect("not zero"));
    vec![Limit::new(LimitName::from_static("sixty"), sixty)]
}

/// All of them pass, and each is charged.
fn plenty() -> Vec<Limit> {
    let million = NonZeroU32::new(1_000_000).expect("not zero");
    let plenty = TokenBucket::new(million, million, Duration::from_millis(10));
    vec![Limit::new(LimitName::TENANT, plenty.expect("a good policy"))]
}

fn log() -> Vec<Limit> {
    let plenty = SlidingLog::new(SlidingLog::MAX_N, Duration::from_millis(10));
    vec![Limit::new(LimitName::TENANT, plenty.expect("a good policy"))]
}

/// Three windows of one tenant, as plans have them; all pass.
fn windows() -> Vec<Limit> {
    let n = |n| NonZeroU32::new(n).expect("not zero");
    vec![
        plenty().remove(0),
        Limit::new(LimitName::from_static("hour"), AtMost::per_hour(n(4_000_000_000))),
        Limit::new(LimitName::from_static("month"), Calendar::new(n(4_000_000_000), Period::Month)),
    ]
}

fn three() -> Vec<Limit> {
    let [limit] = &plenty()[..] else { unreachable!("there is one") };
    vec![
        limit.clone().for_subject("everybody"),
        Limit::new(LimitName::PRINCIPAL, limit.policy()).for_subject("user_17"),
        Limit::new(LimitName::from_static("route"), limit.policy()).for_subject("reports"),
    ]
}

async fn decide(limiter: &RedisRateLimiter, tenant: TenantId, limits: &[Limit]) -> bool {
    limiter.check(tenant, limits, ONE).await.expect("a decision").is_allowed()
}

async fn increment(connection: &mut MultiplexedConnection, key: &str) -> u64 {
    redis::cmd("INCR").arg(key).query_async(connection).await.expect("a number")
}

/// One task makes these calls in turn, and only those of one kind are timed. So all kinds are
/// measured under the same conditions: how fast a thread wakes up differs more than they do.
struct Mix {
    limiter: Arc<RedisRateLimiter>,
    connection: MultiplexedConnection,
    tenant: TenantId,
    key: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    One,
    Log,
    Refused,
    Three,
    Windows,
    Increment,
}

const KINDS: [Kind; 6] =
    [Kind::One, Kind::Log, Kind::Refused, Kind::Three, Kind::Windows, Kind::Increment];

impl Mix {
    async fn time_of(&self, timed: Kind, rounds: u64) -> Duration {
        let (one, log, refused) = (plenty(), log(), sixty());
        let (three, windows) = (three(), windows());
        let mut connection = self.connection.clone();
        let mut total = Duration::ZERO;
        for _ in 0..rounds {
            for kind in KINDS {
                let start = Instant::now();
                match kind {
                    Kind::One => drop(decide(&self.limiter, self.tenant, &one).await),
                    Kind::Log => drop(decide(&self.limiter, self.tenant, &log).await),
                    Kind::Windows => drop(decide(&self.limiter, self.tenant, &windows).await),
                    Kind::Refused => drop(decide(&self.limiter, self.tenant, &refused).await),
                    Kind::Three => drop(decide(&self.limiter, self.tenant, &three).await),
                    Kind::Increment => drop(increment(&mut connection, &self.key).await),
                }
                if kind == timed {
                    total += start.elapsed();
                }
            }
        }
        total
    }
}

fn one_task(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("limits_redis");
    let mix = Mix {
        limiter: limiter(),
        connection: runtime.block_on(connection()),
        tenant: TenantId::generate(),
        key: format!("benches:{}", TenantId::generate()),
    };
    for (name, kind) in [
        ("ours_one_task", Kind::One),
        ("ours_log_one_task", Kind::Log),
        ("ours_refused_one_task", Kind::Refused),
        ("ours_windows_one_task", Kind::Windows),
        ("ours_three_one_task", Kind::Three),
        ("incr_one_task", Kind::Increment),
    ] {
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter_custom(|rounds| mix.time_of(kind, rounds));
        });
    }
    group.finish();
}

/// Has every task make that many calls, and returns how long one of them took of the whole.
async fn in_tasks<F>(calls: u64, work: impl Fn(u64) -> F) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(work(calls))).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    start.elapsed() / TASKS
}

fn many_tasks(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("limits_redis");
    let limiter = limiter();
    for (name, limits) in [
        ("ours_64_tasks", plenty()),
        ("ours_log_64_tasks", log()),
        ("ours_windows_64_tasks", windows()),
    ] {
        let (tenant, limits) = (TenantId::generate(), Arc::<[Limit]>::from(limits));
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter_custom(|calls| {
                in_tasks(calls, |calls| {
                    let (limiter, limits) = (limiter.clone(), limits.clone());
                    async move {
                        for _ in 0..calls {
                            decide(&limiter, tenant, &limits).await;
                        }
                    }
                })
            });
        });
    }
    let connection = runtime.block_on(connection());
    let key = format!("benches:{}", TenantId::generate());
    group.bench_function("incr_64_tasks", |b| {
        b.to_async(&runtime).iter_custom(|calls| {
            in_tasks(calls, |calls| {
                let (mut connection, key) = (connection.clone(), key.clone());
                async move {
                    for _ in 0..calls {
                        increment(&mut connection, &key).await;
                    }
                }
            })
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .sample_size(50);
    targets = one_task, many_tasks
}
criterion_main!(benches);
