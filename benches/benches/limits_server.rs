//! What do limits cost the server: its time for a decision, and its memory?
//!
//! The server tells how long it was busy with scripts, and how large a key is. Leaves nanoseconds
//! for each decision, and bytes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tenancy_benches::record;
use tenancy_core::TenantId;
use tenancy_core::limit::{
    AtMost, Calendar, Limit, LimitName, Period, RateLimiter, SlidingLog, TokenBucket,
};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore};
use tokio::runtime::Runtime;

const ONE: NonZeroU32 = NonZeroU32::MIN;
const TASKS: u32 = 64;
const ROUNDS: u32 = 10;

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("not zero")
}

/// Ten a second, a thousand an hour, a million a month.
fn windows(times: u32) -> [Limit; 3] {
    let bucket = TokenBucket::per_second(n(10 * times), n(10 * times)).expect("a good policy");
    let month = Calendar::new(n(1_000_000 * times), Period::Month);
    [
        Limit::new(LimitName::from_static("second"), bucket),
        Limit::new(LimitName::from_static("hour"), AtMost::per_hour(n(1_000 * times))),
        Limit::new(LimitName::from_static("month"), month),
    ]
}

struct Server {
    limiter: Arc<RedisRateLimiter>,
    connection: MultiplexedConnection,
}

impl Server {
    async fn open() -> Self {
        let url = std::env::var("REDIS_URL").expect("it is set: start this with benches/run");
        let options = RedisOptions::new().deadline(Duration::from_secs(5));
        let store = RedisStore::open(&url, options).expect("a good URL");
        let client = redis::Client::open(url).expect("a good URL");
        let connection = client.get_multiplexed_async_connection().await.expect("redis answers");
        Self { limiter: Arc::new(RedisRateLimiter::new(store, OnLoss::Closed)), connection }
    }

    /// How long scripts kept the server busy, in microseconds.
    async fn busy(&mut self) -> f64 {
        let mut info = redis::cmd("INFO");
        let info: String =
            info.arg("commandstats").query_async(&mut self.connection).await.expect("numbers");
        let line = info.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:"));
        let field =
            line.and_then(|line| line.split(',').find_map(|field| field.strip_prefix("usec=")));
        field.and_then(|micros| micros.parse().ok()).unwrap_or(0.0)
    }

    /// Decides that often in each of so many tasks; returns nanoseconds of the server for each.
    async fn time_of(&mut self, limits: &[Limit], tasks: u32, calls: u32) -> f64 {
        self.time_for(TenantId::generate(), limits, tasks, calls).await
    }

    async fn time_for(
        &mut self,
        tenant: TenantId,
        limits: &[Limit],
        tasks: u32,
        calls: u32,
    ) -> f64 {
        let before = self.busy().await;
        let tasks: Vec<_> = (0..tasks)
            .map(|_| {
                let (limiter, limits) = (self.limiter.clone(), limits.to_vec());
                tokio::spawn(async move {
                    for _ in 0..calls {
                        limiter.check(tenant, &limits, ONE).await.expect("a decision");
                    }
                })
            })
            .collect();
        let count = f64::from(calls) * f64::from(u32::try_from(tasks.len()).expect("few"));
        for task in tasks {
            task.await.expect("no panic");
        }
        (self.busy().await - before) * 1_000.0 / count
    }

    async fn bytes(&mut self, key: &str) -> f64 {
        let mut command = redis::cmd("MEMORY");
        command.arg("USAGE").arg(key).arg("SAMPLES").arg(0);
        command.query_async(&mut self.connection).await.expect("a size")
    }

    async fn bytes_of(&mut self, tenant: TenantId) -> f64 {
        let mut keys = redis::cmd("KEYS");
        keys.arg(format!("tn:{{{tenant}}}:*"));
        let keys: Vec<String> = keys.query_async(&mut self.connection).await.expect("the keys");
        let mut sum = 0.0;
        for key in keys {
            sum += self.bytes(&key).await;
        }
        sum
    }
}

fn leave(name: &str, figures: &[f64]) {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    println!("limits_server: {name} {least:.0}");
    record(&format!("limits_server/{name}"), figures).expect("a folder");
}

async fn times(server: &mut Server, calls: u32) {
    let many = windows(4_000);
    let bucket = std::slice::from_ref(&many[0]);
    let [mut one, mut three, mut one_batched, mut three_batched, mut scripts] =
        [(); 5].map(|()| Vec::new());
    for _ in 0..ROUNDS {
        one.push(server.time_of(bucket, 1, calls).await);
        three.push(server.time_of(&many, 1, calls).await);
        one_batched.push(server.time_of(bucket, TASKS, calls / 8).await);
        three_batched.push(server.time_of(&many, TASKS, calls / 8).await);
        let mut sum = 0.0;
        for limit in &many {
            sum += server.time_of(std::slice::from_ref(limit), 1, calls).await;
        }
        scripts.push(sum);
    }
    leave("one", &one);
    leave("one_batched", &one_batched);
    leave("three", &three);
    leave("three_batched", &three_batched);
    leave("three_scripts", &scripts);
}

/// A log in a sorted set, as it is usually kept.
const SORTED_SET: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
local used = redis.call('ZCARD', KEYS[1])
if used >= tonumber(ARGV[2]) then return {0, used} end
redis.call('ZADD', KEYS[1], now, string.format('%.0f-%s', now, ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[1] / 1000)
return {1, used + 1}";

/// Charges a log that holds a thousand hits and more.
async fn log_times(server: &mut Server, calls: u32) {
    const HOUR: u64 = 3_600_000_000;
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(1_000 + 3 * calls)))];
    let (mut ours, mut batched, mut usual) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (tenant, key) = (TenantId::generate(), format!("benches:{}", TenantId::generate()));
        for _ in 0..1_000 {
            server.limiter.check(tenant, &limits, ONE).await.expect("a decision");
        }
        ours.push(server.time_for(tenant, &limits, 1, calls).await);
        batched.push(server.time_for(tenant, &limits, TASKS, calls.div_ceil(TASKS)).await);

        let script = redis::Script::new(SORTED_SET);
        let mut before = 0.0;
        for hit in 0..1_000 + calls {
            if hit == 1_000 {
                before = server.busy().await;
            }
            let mut call = script.key(&key);
            call.arg(HOUR).arg(1_000 + calls).arg(hit);
            let (admitted, _): (u32, u32) =
                call.invoke_async(&mut server.connection).await.expect("a decision");
            assert_eq!(admitted, 1);
        }
        usual.push((server.busy().await - before) * 1_000.0 / f64::from(calls));
        redis::cmd("DEL").arg(&key).query_async::<()>(&mut server.connection).await.expect("gone");
    }
    leave("log_charge", &ours);
    leave("log_charge_batched", &batched);
    leave("sorted_set_charge", &usual);
}

async fn memory(server: &mut Server) {
    let tenant = TenantId::generate();
    for limit in &windows(1) {
        // Spread over the buckets of an hour only in time; one call is one bucket.
        server.limiter.check(tenant, std::slice::from_ref(limit), n(9)).await.expect("a decision");
    }
    leave("three_windows", &[server.bytes_of(tenant).await]);

    let (tenant, set) = (TenantId::generate(), format!("benches:{}", TenantId::generate()));
    let log = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(1_000)))];
    for hit in 0..1_000_u64 {
        server.limiter.check(tenant, &log, ONE).await.expect("a decision");
        let at = 1_790_000_000_000_000 + hit * 1_234_567;
        let mut add = redis::cmd("ZADD");
        add.arg(&set).arg(at).arg(format!("{at}-{hit:05}"));
        add.query_async::<()>(&mut server.connection).await.expect("added");
    }
    leave("log", &[server.bytes_of(tenant).await]);
    leave("sorted_set", &[server.bytes(&set).await]);
    redis::cmd("DEL").arg(set).query_async::<()>(&mut server.connection).await.expect("gone");
}

fn main() {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut server = Server::open().await;
        memory(&mut server).await;
        let calls = if is_measured { 2_000 } else { 16 };
        times(&mut server, calls).await;
        log_times(&mut server, calls).await;
    });
}
