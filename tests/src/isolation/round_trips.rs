//! What the tenant costs on the wire, counted at a proxy and not inferred.

use std::time::Duration;

use crate::harness::{Database, Engine, Link, Note, address, two_tenants};

#[tokio::test]
async fn a_read_answers_after_two_and_a_write_after_three() {
    for engine in [Engine::MySql, Engine::Postgres] {
        answers_after_two_and_three(engine).await;
    }
}

async fn answers_after_two_and_three(engine: Engine) {
    let database = Database::create(engine).await;
    database.notes().await.close().await;
    let server = address(database.url());
    let link = Link::to(server.clone(), Duration::ZERO).await;
    let url = database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
    let db = database.options().max_connections(1).connect(&url).await.expect("it answers");
    for (id, tenant) in [(1, two_tenants().0), (2, two_tenants().1)] {
        // The first of each kind prepares its statement.
        for round in 0..3 {
            let before = link.turns();
            let mut tx = db.read(tenant);
            tx.repo::<Note>().get(&id).await.expect("a read");
            let read = link.turns() - before;
            // Waits for the rollback that the drop leaves to the background.
            tx.rollback().await.expect("rolled back");

            let before = link.turns();
            let mut tx = db.tenant(tenant);
            tx.repo::<Note>().insert(Note::new(tenant, id + round * 10)).await.expect("inserted");
            tx.commit().await.expect("committed");
            let write = link.turns() - before;
            if round > 0 {
                // The pool asks a connection that comes back for a sign of life, after the
                // answer. With a single connection the next user counts that one too.
                const RELEASE: u64 = 1;
                assert_eq!(read - RELEASE, 2, "BEGIN, statement");
                assert_eq!(write - RELEASE, 3, "BEGIN, statement, COMMIT");
            }
        }
    }
}
