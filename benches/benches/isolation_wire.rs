//! How many round trips does a transaction take? Counted on the wire, not inferred.
//!
//! Leaves a count for each question.

use std::time::Duration;

use postgres::{Database, INVOICES, Invoice, Link, ROLE, SERVICE};
use tenancy_benches::record;
use tenancy_core::TenantId;
use tenancy_sqlx::{SealKey, TenantDb, TenantDbOptions};

#[allow(dead_code, unused_imports, reason = "each bench uses a part of it")]
mod postgres;

/// Of each kind; the first of them prepares its statement.
const ROUNDS: i64 = 20;

/// What a transaction took.
#[derive(Debug, Clone, Copy)]
struct Trips {
    /// Until the caller has its answer.
    answer: u64,
    /// Until the connection is free for the next one.
    all: u64,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(count());
}

async fn count() {
    let key = SealKey::new(1, &[7; 32]).expect("a key");
    for (name, is_sealed) in [("plain", false), ("sealed", true)] {
        let options = || {
            let options = TenantDb::options().register::<Invoice>().max_connections(1);
            if is_sealed { options.sealed(key.clone()) } else { options }
        };
        let database = Database::create().await;
        let owner = options().service_role(SERVICE).connect(&database.url(ROLE)).await;
        owner.expect("it answers").migrate(&[INVOICES]).await.expect("migrated");
        let wire = Wire::open(&database, options()).await;
        let tenants = [TenantId::generate(), TenantId::generate()];
        for tenant in tenants {
            let mut tx = wire.db.tenant(tenant);
            tx.repo::<Invoice>().insert(Invoice::new(tenant, 1)).await.expect("inserted");
            tx.commit().await.expect("committed");
        }
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            for tenant in tenants {
                reads.push(wire.read(tenant).await);
                writes.push(wire.insert(tenant, round + 2).await);
            }
        }
        leave(name, "read", &reads[2..]);
        leave(name, "insert", &writes[2..]);
        wire.db.close().await;
        database.drop(&[]).await;
    }
}

/// The most that any of them took.
fn leave(binding: &str, verb: &str, trips: &[Trips]) {
    for (until, of) in [("answer", (|it| it.answer) as fn(&Trips) -> u64), ("all", |it| it.all)] {
        let most = trips.iter().map(of).max().expect("some");
        println!("isolation_wire: {binding} {verb}, {until}: {most} round trips");
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        record(&format!("isolation_wire/{binding}_{verb}_{until}"), &[most as f64])
            .expect("a folder");
    }
}

struct Wire {
    link: Link,
    db: TenantDb,
}

impl Wire {
    async fn open(database: &Database, options: TenantDbOptions) -> Self {
        let link = Link::open().await;
        let db = options.connect(&database.url_over(link.port(), SERVICE)).await;
        Self { link, db: db.expect("it answers") }
    }

    /// A read that is dropped when it has its answer.
    async fn read(&self, tenant: TenantId) -> Trips {
        let before = self.settled().await;
        let mut tx = self.db.read(tenant);
        tx.repo::<Invoice>().get(&1).await.expect("read").expect("there");
        let answer = self.link.turns() - before;
        drop(tx);
        Trips { answer, all: self.settled().await - before }
    }

    async fn insert(&self, tenant: TenantId, id: i64) -> Trips {
        let before = self.settled().await;
        let mut tx = self.db.tenant(tenant);
        tx.repo::<Invoice>().insert(Invoice::new(tenant, id)).await.expect("inserted");
        tx.commit().await.expect("committed");
        let answer = self.link.turns() - before;
        Trips { answer, all: self.settled().await - before }
    }

    /// Waits until nothing moves any more.
    async fn settled(&self) -> u64 {
        let mut before = self.link.turns();
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let now = self.link.turns();
            if now == before {
                return now;
            }
            before = now;
        }
    }
}
