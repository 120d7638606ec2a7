//! A replica takes over that has not heard of the last charges: a strict limiter admits none of
//! them again.
//!
//! One Redis plays both: what the replica has is a copy of its keys of some time ago, and taking
//! over puts them back under another replication id. The clock is the test's.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tenancy_core::limit::{
    AtMost, Calendar, Call, ChargeId, Concurrency, Limit, LimitName, Period, Policy, RateLimiter,
    SlidingLog, TokenBucket,
};
use tenancy_core::{ManualClock, TenantId};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore, StrictRedisRateLimiter};

use super::dice::Dice;
use crate::contract::limiter::{ONE, n};
use crate::harness::PrivateRedis;

/// A Redis, its replica, and the calls of two tenants.
struct World {
    connection: MultiplexedConnection,
    clock: Arc<ManualClock>,
    now: Duration,
    limiter: Arc<dyn RateLimiter>,
    limits: Vec<Limit>,
    tenants: [TenantId; 2],
    /// Of each tenant and limit: when how much was admitted.
    ledgers: Vec<Vec<(Duration, u32)>>,
    replica: Vec<(Vec<u8>, Vec<u8>, i64)>,
}

fn policies() -> [Policy; 5] {
    let second = Duration::from_secs(1);
    [
        TokenBucket::new(n(20), n(10), second).expect("a good policy").into(),
        AtMost::new(n(10), second).expect("a good policy").into(),
        SlidingLog::new(n(10), second).expect("a good policy").into(),
        Calendar::new(n(10), Period::Second).into(),
        Concurrency::new(n(5), second).expect("a good policy").into(),
    ]
}

async fn server() -> (PrivateRedis, RedisStore, MultiplexedConnection) {
    let mut server = PrivateRedis::stopped().await;
    server.start(&["--enable-debug-command", "yes"]).await;
    let options = RedisOptions::new().deadline(Duration::from_secs(10));
    let store = RedisStore::open(&server.url(), options).expect("a good URL");
    let client = redis::Client::open(server.url()).expect("a good URL");
    let connection = client.get_multiplexed_async_connection().await.expect("redis answers");
    (server, store, connection)
}

impl World {
    fn new(
        connection: MultiplexedConnection,
        clock: Arc<ManualClock>,
        limiter: Arc<dyn RateLimiter>,
    ) -> Self {
        let names = ["a", "b", "c", "d", "e"].map(LimitName::from_static);
        let limits =
            names.into_iter().zip(policies()).map(|(name, policy)| Limit::new(name, policy));
        let tenants = [TenantId::generate(), TenantId::generate()];
        let (limits, ledgers) = (limits.collect(), vec![Vec::new(); 10]);
        let (now, replica) = (Duration::ZERO, Vec::new());
        Self { connection, clock, now, limiter, limits, tenants, ledgers, replica }
    }

    async fn run(&mut self, dice: &mut Dice) {
        for _ in 0..200 {
            match dice.up_to(19) {
                0..=2 => self.replicate().await,
                3 => self.fail_over().await,
                4..=7 => {
                    let passed = Duration::from_millis(u64::from(dice.up_to(400)));
                    self.clock.advance(passed);
                    self.now += passed;
                }
                _ => self.charge(dice).await,
            }
        }
    }

    async fn charge(&mut self, dice: &mut Dice) {
        let (tenant, limit) = (dice.up_to(1) as usize, dice.up_to(4) as usize);
        let is_permit = limit == 4;
        let cost = if is_permit { ONE } else { n(1 + dice.up_to(3)) };
        let call = Call::charge(cost).with_id(ChargeId::generate());
        let limits = std::slice::from_ref(&self.limits[limit]);
        let decision = self.limiter.decide(self.tenants[tenant], limits, call).await;
        if decision.expect("a decision").is_allowed() {
            self.ledgers[tenant * 5 + limit].push((self.now, cost.get()));
        }
    }

    /// Copies to the replica what was done until now.
    async fn replicate(&mut self) {
        self.replica.clear();
        let keys: Vec<Vec<u8>> = self.ask(&["KEYS", "*"]).await;
        for key in keys {
            let mut both = redis::pipe();
            both.cmd("DUMP").arg(&key).cmd("PTTL").arg(&key);
            let (value, lives) = both.query_async(&mut self.connection).await.expect("a key");
            self.replica.push((key, value, lives));
        }
    }

    /// The replica takes over; what was done since the last copy is lost.
    async fn fail_over(&mut self) {
        let mut all = redis::pipe();
        all.cmd("FLUSHALL").ignore();
        for (key, value, lives) in &self.replica {
            all.cmd("RESTORE").arg(key).arg((*lives).max(0)).arg(value).ignore();
        }
        all.cmd("DEBUG").arg("CHANGE-REPL-ID").ignore();
        all.query_async::<()>(&mut self.connection).await.expect("it takes over");
    }

    async fn ask<T: redis::FromRedisValue>(&mut self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).query_async(&mut self.connection).await.expect("an answer")
    }

    /// How much the worst interval holds above its envelope, and how much was admitted.
    fn outcome(&self) -> (u64, u64) {
        let (mut worst, mut admitted) = (0, 0);
        for (place, ledger) in self.ledgers.iter().enumerate() {
            let policy = self.limits[place % 5].policy();
            for (first, (begin, _)) in ledger.iter().enumerate() {
                let mut sum = 0;
                for (end, cost) in &ledger[first..] {
                    sum += u64::from(*cost);
                    let length = end.saturating_sub(*begin) + Duration::from_micros(1);
                    let most = match policy {
                        // Nobody gave one back.
                        Policy::Concurrency(_) if length <= policy.window() => {
                            u64::from(policy.n().get())
                        }
                        _ => policy.envelope().at_most_in(length),
                    };
                    worst = worst.max(sum.saturating_sub(most));
                }
            }
            admitted += ledger.iter().map(|(_, cost)| u64::from(*cost)).sum::<u64>();
        }
        (worst, admitted)
    }
}

#[tokio::test]
async fn a_strict_limiter_admits_nothing_twice() {
    let (_server, store, connection) = server().await;
    let mut dice = Dice::new(1);
    let mut all = 0;
    for trial in 0..40 {
        let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
        let limiter = StrictRedisRateLimiter::open_with_clock(store.clone(), clock.clone()).await;
        let limiter = Arc::new(limiter.expect("it evicts nothing"));
        let mut world = World::new(connection.clone(), clock, limiter);
        let _: String = world.ask(&["FLUSHALL"]).await;
        world.run(&mut dice).await;
        let (worst, admitted) = world.outcome();
        assert_eq!(worst, 0, "trial {trial}");
        all += admitted;
    }
    println!("{all} admitted");
    assert!(all > 2_000, "{all}: nothing was tried");
}

/// The same without it: so the trials above can fail.
#[tokio::test]
async fn another_limiter_forgets() {
    let (_server, store, connection) = server().await;
    let mut dice = Dice::new(1);
    let mut broken = 0;
    for _ in 0..20 {
        let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
        let limiter = RedisRateLimiter::with_clock(store.clone(), OnLoss::Closed, clock.clone());
        let mut world = World::new(connection.clone(), clock, Arc::new(limiter));
        let _: String = world.ask(&["FLUSHALL"]).await;
        world.run(&mut dice).await;
        broken += u32::from(world.outcome().0 > 0);
    }
    assert!(broken >= 10, "only {broken} of 20 trials lost anything");
}

/// What a tenant sees: closed or empty for a while after a failover, and then as before. Who comes
/// after that while has its burst at once.
#[tokio::test]
async fn a_failover_costs_what_may_have_been_charged() {
    let (_server, store, connection) = server().await;
    let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
    let limiter = StrictRedisRateLimiter::open_with_clock(store, clock.clone()).await;
    let limiter: Arc<dyn RateLimiter> = Arc::new(limiter.expect("it evicts nothing"));
    let mut world = World::new(connection, clock.clone(), limiter.clone());
    let limits = world.limits.clone();
    let left = async |tenant, limit: usize| {
        let peeked = limiter.peek(tenant, std::slice::from_ref(&limits[limit])).await;
        peeked.expect("a decision").binding().remaining()
    };
    let [tenant, other] = world.tenants;
    left(tenant, 0).await;
    clock.advance(Duration::from_secs(10));
    for (limit, full) in [20, 10, 10, 10, 5].into_iter().enumerate() {
        assert_eq!((left(tenant, limit).await, left(other, limit).await), (full, full));
    }
    world.replicate().await;
    world.fail_over().await;
    for (limit, asked) in limits.iter().enumerate() {
        assert_eq!((left(tenant, limit).await, left(other, limit).await), (0, 0));
        let refused = limiter.check(tenant, std::slice::from_ref(asked), ONE).await;
        let refused = match refused {
            // A permit needs an id.
            Err(_) if limit == 4 => continue,
            refused => refused.expect("a decision"),
        };
        assert!(!refused.is_allowed());
        let wait = if limit == 0 { 100 } else { 1_000 };
        assert_eq!(refused.retry_after(), Some(Duration::from_millis(wait)));
    }
    clock.advance(Duration::from_millis(500));
    assert_eq!((left(tenant, 0).await, left(tenant, 1).await), (5, 0), "a bucket fills");
    clock.advance(Duration::from_millis(500));
    assert_eq!((left(tenant, 0).await, left(tenant, 1).await), (10, 10));
    clock.advance(Duration::from_secs(1));
    let late = TenantId::generate();
    for (limit, full) in [20, 10, 10, 10, 5].into_iter().enumerate() {
        assert_eq!((left(late, limit).await, left(other, limit).await), (full, full));
    }
}
