//! The server is killed and comes back: the application goes on without being started again.

use std::time::{Duration, Instant};

use tenancy_core::ErrorKind;
use tenancy_sqlx::TenantDb;

use crate::harness::{NOTES, Note, PrivateMySql, count_notes, eventually, two_tenants, write_note};

#[tokio::test]
async fn a_killed_server_loses_nothing_that_was_committed() {
    let mut server = PrivateMySql::running().await;
    let options = TenantDb::options().register::<Note>().max_connections(2);
    let options = options.acquire_timeout(Duration::from_secs(2));
    let db = options.connect(&server.url()).await.expect("it answers");
    db.migrate(&[NOTES]).await.expect("migrated");
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
    }
    let mut half = db.tenant(a);
    half.repo::<Note>().insert(Note::new(a, 2)).await.expect("inserted");
    server.kill().await;

    let rest = half.repo::<Note>().insert(Note::new(a, 3)).await.expect_err("it is gone");
    assert_eq!(rest.kind(), ErrorKind::Unavailable, "{rest:?}");
    half.commit().await.expect_err("half of it was lost");
    let asked = Instant::now();
    let error = db.read(b).repo::<Note>().count().await.expect_err("it is away");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());

    server.start().await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
    write_note(&db, a, 2).await;
    // A kill between transactions is not noticed at all.
    server.kill().await;
    server.start().await;
    eventually("the next transactions work", async || {
        (count_notes(&db, a).await, count_notes(&db, b).await) == (2, 1)
    })
    .await;
}
