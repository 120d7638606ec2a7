//! The database goes away and comes back.

use std::time::{Duration, Instant};

use tenancy_core::ErrorKind;

use crate::harness::{Database, Engine, Link, Note, address, two_tenants, write_note};

const ENGINES: [Engine; 2] = [Engine::MySql, Engine::Postgres];

#[tokio::test]
async fn killed_connections_are_replaced_without_an_error() {
    for engine in ENGINES {
        Box::pin(replaces_killed_connections(engine)).await;
    }
}

async fn replaces_killed_connections(engine: Engine) {
    let database = Database::create(engine).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
    }
    // Several idle connections, all of them broken at once.
    let counts = async |tenant| db.read(tenant).repo::<Note>().count().await;
    tokio::try_join!(counts(a), counts(b), counts(a), counts(b)).expect("they answer");
    kill_connections(engine, &database).await;
    let seen = tokio::try_join!(counts(a), counts(b), counts(a), counts(b));
    assert_eq!(seen.expect("broken connections are replaced"), (1, 1, 1, 1));
}

async fn kill_connections(engine: Engine, database: &Database) {
    if engine == Engine::MySql {
        let mut admin = database.mysql_admin().await;
        let own = admin.own_id().await;
        let ids = admin.connections_to(database.name()).await;
        assert!(ids.len() > 1);
        for id in ids.into_iter().filter(|id| *id != own) {
            admin.run(format!("KILL {id}")).await;
        }
        return;
    }
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(database.admin().await.count(kill).await > 0);
}

#[tokio::test]
async fn an_absent_database_is_said_in_time_and_forgotten_when_back() {
    for engine in ENGINES {
        says_and_forgets_an_absence(engine).await;
    }
}

async fn says_and_forgets_an_absence(engine: Engine) {
    let database = Database::create(engine).await;
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
