use std::time::Duration;

use sqlx::Row as _;

use super::world::{Sealed, key, two_notes};
use crate::harness::{Engine, Link, Note, address};

/// Once a statement, not once a row; and one more round trip than a plain begin.
#[tokio::test]
async fn costs_one_look_a_statement_and_one_round_trip() {
    let sealed = Sealed::create(Engine::Postgres).await;
    let server = address(sealed.database.url());
    let link = Link::to(server.clone(), Duration::ZERO).await;
    let url = sealed.database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
    let options = sealed.database.options().sealed(key(1)).max_connections(1);
    let db = options.connect(&url).await.expect("it answers");
    let (a, b) = two_notes(&db).await;
    for (tenant, id) in [(a, 1), (b, 2)] {
        for round in 0..3 {
            let before = link.turns();
            let mut tx = db.read(tenant);
            tx.repo::<Note>().get(&id).await.expect("a read").expect("there");
            // The release of the connection before is one of them.
            if round > 0 {
                assert_eq!(link.turns() - before - 1, 3, "BEGIN, seal, statement");
            }
            tx.rollback().await.expect("rolled back");
        }
        let mut tx = db.read(tenant);
        let plan = sqlx::raw_sql("EXPLAIN SELECT * FROM notes")
            .fetch_all(tx.executor().await.expect("lent"))
            .await
            .expect("a plan");
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("InitPlan"), "{plan}");
    }
    db.close().await;
    sealed.end().await;
}
