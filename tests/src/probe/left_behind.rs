//! Nothing is left, however it ends.

use std::time::Duration;

use tenancy_sqlx::probe::Probe;
use tokio::time::timeout;

use super::world::World;
use crate::harness::{Engine, eventually};

#[tokio::test]
async fn when_it_is_dropped_half_way() {
    let world = World::create(Engine::Postgres).await;
    let mut admin = world.database.admin().await;
    let count = "SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM entries)";
    assert_eq!(admin.count(count).await, 4);
    let mut seen_more = false;
    for milliseconds in [20, 40, 80, 120, 160] {
        let run = Probe::new(&world.db).run();
        let _ = timeout(Duration::from_millis(milliseconds), run).await;
        seen_more |= admin.count(count).await > 4;
        eventually("its rows are gone", async || admin.count(count).await == 4).await;
    }
    assert!(seen_more, "it was never dropped while its rows were there");
    assert_eq!(world.rows(world.tenants.0).await.1.len(), 1);
    assert_eq!(world.rows(world.tenants.1).await.1.len(), 1);
}
