//! A server goes away: its tenants are refused, and nobody else notices.

use std::time::{Duration, Instant};

use tenancy_core::{ErrorKind, Placement, ServerName, TenantId};
use tenancy_sqlx::TenantDb;
use tokio::task::JoinSet;

use super::world::World;
use crate::harness::{
    Database, Engine, Link, NOTES, Note, address, count_notes, eventually, write_note,
};

/// A world with a second server, behind a link that can fail.
struct Two {
    world: World,
    link: Link,
    _other: Database,
}

impl Two {
    async fn open() -> Self {
        let other = Database::create(Engine::Postgres).await;
        let server = address(other.url());
        let link = Link::to(server.clone(), Duration::ZERO).await;
        let url = other.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
        let world = World::with(Engine::Postgres, &|options| {
            options
                .server("far", url.as_str())
                .connect_timeout(Duration::from_millis(500))
                .acquire_timeout(Duration::from_secs(5))
                .dedicated_connections(8)
        })
        .await;
        world.bare.migrate_server(&far(), &[NOTES]).await.expect("migrated");
        Self { world, link, _other: other }
    }

    async fn tenants(&self, placement: &Placement) -> [TenantId; 2] {
        [self.world.tenant(placement.clone()).await, self.world.tenant(placement.clone()).await]
    }
}

fn far() -> ServerName {
    ServerName::parse("far").expect("a name")
}

async fn ask(db: &TenantDb, tenant: TenantId) -> Result<u64, tenancy_core::Error> {
    db.read(tenant).repo::<Note>().count().await
}

async fn goes_and_comes_back(go: impl Fn(&Link)) {
    let two = Two::open().await;
    let db = &two.world.db;
    let mut near = Vec::new();
    let mut away = Vec::new();
    for placement in [Placement::row(), Placement::schema(), Placement::database()] {
        near.extend(two.tenants(&placement).await);
        away.extend(two.tenants(&placement.on(far())).await);
    }
    for tenant in near.iter().chain(&away) {
        write_note(db, *tenant, 1).await;
    }

    go(&two.link);
    // More of them than all budgets and pools hold.
    let mut refused = JoinSet::new();
    for tenant in away.iter().copied().cycle().take(120) {
        let db = db.clone();
        refused.spawn(async move {
            let asked = Instant::now();
            let error = ask(&db, tenant).await.expect_err("it is away");
            assert!(
                matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Overloaded),
                "{error:?}"
            );
            assert!(!format!("{error:?}").contains("127.0.0.1"), "no address: {error:?}");
            assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
        });
    }
    // Meanwhile the others go on, in the usual time.
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        for tenant in &near {
            let asked = Instant::now();
            assert_eq!(count_notes(db, *tenant).await, 1);
            slowest = slowest.max(asked.elapsed());
        }
    }
    refused.join_all().await;
    println!("the slowest of those near took {slowest:?}");
    assert!(slowest < Duration::from_secs(2), "others had to wait: {slowest:?}");

    // By now it is known to be away: refusals take no time, but for one that tries.
    let asked = Instant::now();
    for tenant in away.iter().cycle().take(60) {
        ask(db, *tenant).await.expect_err("still away");
    }
    let each = asked.elapsed() / 60;
    assert!(each < Duration::from_millis(250), "each refusal took {each:?}");

    two.link.mend();
    for tenant in &away {
        eventually("it is back", async || ask(db, *tenant).await.is_ok()).await;
        assert_eq!(count_notes(db, *tenant).await, 1);
    }
    for tenant in &near {
        assert_eq!(count_notes(db, *tenant).await, 1);
    }
}

#[tokio::test]
async fn a_server_that_is_cut_off() {
    goes_and_comes_back(Link::cut).await;
}

#[tokio::test]
async fn a_server_that_hangs() {
    goes_and_comes_back(Link::hang).await;
}
