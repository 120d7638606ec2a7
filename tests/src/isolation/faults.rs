//! The database goes away and comes back.

use std::time::{Duration, Instant};

use tenancy_core::ErrorKind;

use crate::harness::{Database, Engine, Link, Note, address, two_tenants, write_note};

#[tokio::test]
async fn killed_connections_are_replaced_without_an_error() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
    }
    // Several idle connections, all of them broken at once.
    let counts = async |tenant| db.read(tenant).repo::<Note>().count().await;
    tokio::try_join!(counts(a), counts(b), counts(a), counts(b)).expect("they answer");
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(database.admin().await.count(kill).await > 0);
    let seen = tokio::try_join!(counts(a), counts(b), counts(a), counts(b));
    assert_eq!(seen.expect("broken connections are replaced"), (1, 1, 1, 1));
}

#[tokio::test]
async fn an_absent_database_is_said_in_time_and_forgotten_when_back() {
    let database = Database::create(Engine::Postgres).await;
    database.notes().await.close().await;
    let server = address(database.url());
    let link = Link::to(server.clone(), Duration::ZERO).await;
    let url = database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
    let options = database.options().acquire_timeout(Duration::from_millis(500));
    let db = options.connect(&url).await.expect("it answers");
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        assert_eq!(db.read(tenant).repo::<Note>().count().await.expect("a count"), 0);
    }
    link.cut();
    let asked = Instant::now();
    let error = db.read(a).repo::<Note>().count().await.expect_err("it is away");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.is_transient());
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());
    link.mend();
    for tenant in [a, b] {
        assert_eq!(db.read(tenant).repo::<Note>().count().await.expect("it is back"), 0);
    }
}
