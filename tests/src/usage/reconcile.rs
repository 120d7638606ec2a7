//! Redis as a copy of what SQL says: it drifts, and is repaired.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tenancy_core::usage::{
    BatchId, Delivered, Dimension, Hour, Meter, MirroredMeter, Month, Reconciler, Series, Usage,
    UsageBatch, UsageMeter, UsageRecorder, UsageSink,
};
use tenancy_core::{ManualClock, TenantId};
use tenancy_redis::RedisUsageMeter;
use tenancy_sqlx::{SqlUsageMeter, TenantDb};
use uuid::Uuid;

use super::redis::store;
use crate::contract::meter::MeterBench;
use crate::harness::{Database, Engine, two_tenants};

struct World {
    clock: Arc<ManualClock>,
    db: TenantDb,
    truth: Arc<SqlUsageMeter>,
    mirror: Arc<RedisUsageMeter>,
    reconciler: Reconciler,
    a: TenantId,
    b: TenantId,
    _database: Database,
}

impl World {
    async fn on(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let clock = MeterBench::clock();
        let db = database.notes().await;
        let truth = Arc::new(SqlUsageMeter::with_clock(db.clone(), clock.clone()));
        let mirror = Arc::new(RedisUsageMeter::with_clock(store(), clock.clone()));
        let reconciler = Reconciler::new(truth.clone(), mirror.clone());
        let (a, b) = two_tenants();
        Self { clock, db, truth, mirror, reconciler, a, b, _database: database }
    }

    fn month(&self) -> Month {
        Month::current(&*self.clock)
    }

    async fn mirrored(&self, tenant: TenantId) -> Usage {
        self.mirror.usage(tenant, self.month()).await.unwrap()
    }

    fn batch(&self, tenant: TenantId, producer: Uuid, sequence: u64, count: u64) -> UsageBatch {
        let mut batch = UsageBatch::new(BatchId::new(producer, 1, sequence), tenant);
        let hour = Hour::current(&*self.clock);
        let calls = Series::from(Meter::API_CALLS);
        batch.add(hour, &calls, count);
        batch.add(hour, &calls.by(Dimension::from_static("eu/west")), 2 * count);
        batch
    }
}

async fn a_lost_copy_is_rebuilt(world: World) {
    let World { truth, mirror, reconciler, a, b, .. } = &world;
    let (month, producer) = (world.month(), Uuid::now_v7());
    for sequence in 1..=3 {
        for (tenant, count) in [(*a, 1), (*b, 100)] {
            let batch = world.batch(tenant, producer, sequence, count);
            truth.deliver(&batch).await.unwrap();
            // The second one never came to the copy of one tenant.
            if tenant == *b || sequence != 2 {
                mirror.deliver(&batch).await.unwrap();
            }
        }
    }
    let drift = reconciler.compare(*a, month).await.unwrap();
    let differences: Vec<_> =
        drift.differences().iter().map(|one| (one.truth, one.mirror)).collect();
    assert_eq!(differences, [(3, 2), (6, 4)]);
    assert!(reconciler.compare(*b, month).await.unwrap().is_none());
    assert_eq!(reconciler.repair(*a, month).await.unwrap(), drift);
    for tenant in [*a, *b] {
        assert!(reconciler.repair(tenant, month).await.unwrap().is_none());
        let expected = truth.usage(tenant, month).await.unwrap();
        assert_eq!(world.mirrored(tenant).await, expected);
    }
    // What had come before is known again, and what comes next counts.
    let old = world.batch(*a, producer, 3, 1);
    assert_eq!(mirror.deliver(&old).await.unwrap(), Delivered::Duplicate);
    let new = world.batch(*a, producer, 4, 1);
    truth.deliver(&new).await.unwrap();
    assert_eq!(mirror.deliver(&new).await.unwrap(), Delivered::Counted);
    assert!(reconciler.compare(*a, month).await.unwrap().is_none());

    // Counts that only the copy has are none.
    mirror.record(*b, &[(Meter::TRANSACTIONS, 5)]).await.unwrap();
    assert_eq!(reconciler.repair(*b, month).await.unwrap().differences().len(), 1);
    assert_eq!(world.mirrored(*b).await.of(&Meter::TRANSACTIONS), 0);
    // Usage of a transaction is true from its commit on.
    let mut tx = world.db.tenant(*b);
    tx.record_usage(truth, &[(Meter::TRANSACTIONS.into(), 7)]).await.unwrap();
    tx.commit().await.unwrap();
    reconciler.repair(*b, month).await.unwrap();
    assert_eq!(world.mirrored(*b).await.of(&Meter::TRANSACTIONS), 7);
    assert_eq!(world.mirrored(*a).await.of(&Meter::TRANSACTIONS), 0);
}

/// Batches arrive, the copy is emptied again and again, and is repaired meanwhile.
async fn repairs_while_usage_arrives(world: World) {
    let World { truth, mirror, reconciler, a, b, .. } = &world;
    let meter = MirroredMeter::new(truth.clone(), mirror.clone());
    let recorder = UsageRecorder::new(Arc::new(meter), world.clock.clone());
    let done = Arc::new(AtomicBool::new(false));
    let counting = {
        let (recorder, done, tenants) = (recorder.clone(), done.clone(), [*a, *b]);
        tokio::spawn(async move {
            for _ in 0..150 {
                for tenant in tenants {
                    recorder.count(tenant, &Meter::API_CALLS.into(), 1);
                }
                recorder.flush().await.unwrap();
            }
            done.store(true, Ordering::SeqCst);
        })
    };
    let client = redis::Client::open(crate::harness::variable("REDIS_URL")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut repaired = 0;
    while !done.load(Ordering::SeqCst) {
        let key = format!("tn:{{{a}}}:u:{}", world.month());
        let _: i64 = redis::cmd("DEL").arg(key).query_async(&mut connection).await.unwrap();
        for tenant in [*a, *b] {
            // It may be written to at each try: that is no fault.
            if let Ok(drift) = reconciler.repair(tenant, world.month()).await {
                repaired += usize::from(!drift.is_none());
            }
        }
    }
    counting.await.unwrap();
    assert!(repaired > 0, "nothing had to be repaired");
    for tenant in [*a, *b] {
        reconciler.repair(tenant, world.month()).await.unwrap();
        assert_eq!(truth.usage(tenant, world.month()).await.unwrap().of(&Meter::API_CALLS), 150);
        assert_eq!(world.mirrored(tenant).await.of(&Meter::API_CALLS), 150);
    }
}

#[tokio::test]
async fn a_lost_copy_is_rebuilt_from_sqlite() {
    a_lost_copy_is_rebuilt(World::on(Engine::Sqlite).await).await;
}

#[tokio::test]
async fn a_lost_copy_is_rebuilt_from_mysql() {
    a_lost_copy_is_rebuilt(World::on(Engine::MySql).await).await;
}

#[tokio::test]
async fn a_lost_copy_is_rebuilt_from_postgres() {
    a_lost_copy_is_rebuilt(World::on(Engine::Postgres).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repairs_while_usage_arrives_from_sqlite() {
    repairs_while_usage_arrives(World::on(Engine::Sqlite).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repairs_while_usage_arrives_from_postgres() {
    repairs_while_usage_arrives(World::on(Engine::Postgres).await).await;
}
