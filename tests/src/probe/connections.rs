//! What is left on connections.

use std::time::Duration;

use tenancy_sqlx::probe::{Gravity, Probe};

use super::world::{World, assert_found, register};
use crate::harness::{Engine, Link, address};

#[tokio::test]
async fn a_tenant_that_every_connection_brings() {
    let world = World::create(Engine::Postgres).await;
    let (name, (a, b)) = (world.database.name(), world.tenants);
    let sabotage = format!("ALTER DATABASE {name} SET tenancy.tenant_id = '{a}'");
    world.database.admin().await.run(sabotage).await;
    let report = world.probe().await;
    let says = "names a tenant before anybody did";
    assert_found(&report, Gravity::Leak, "the connection", says, "ALTER DATABASE");
    assert!(!report.to_string().contains(&a.to_string()), "{report}");
    assert_eq!((world.rows(a).await.1.len(), world.rows(b).await.1.len()), (1, 1));
}

#[tokio::test]
async fn a_tenant_that_the_address_brings() {
    let world = World::create(Engine::Postgres).await;
    let (a, b) = world.tenants;
    let url = format!("{}?options=-c%20tenancy.tenant_id%3D{a}", world.database.url());
    let db = register(world.database.bare_options()).connect(&url).await.expect("it answers");
    let report = Probe::new(&db).run().await.expect("it answers");
    let says = "names a tenant before anybody did";
    assert_found(&report, Gravity::Leak, "the connection", says, "the options of the URL");
    assert_eq!((world.rows(a).await.1.len(), world.rows(b).await.1.len()), (1, 1));
}

/// Over a slow link there is an await for each round trip: all of them are hit.
#[tokio::test]
async fn calls_are_dropped_at_every_await() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let world = World::create(engine).await;
        let server = address(world.database.url());
        let link = Link::to(server.clone(), Duration::from_millis(1)).await;
        let url = world.database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
        let db = register(world.database.bare_options()).connect(&url).await.expect("it answers");
        let report = Probe::new(&db).run().await.expect("it answers");
        report.assert_clean();
        // Begin, two statements, commit; three rounds, both ways.
        assert!(report.cancelled() >= 4 * 3 * 2, "{report}");
        let (a, b) = world.tenants;
        assert_eq!((world.rows(a).await.1.len(), world.rows(b).await.1.len()), (1, 1));
    }
}
