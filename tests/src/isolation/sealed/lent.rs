use tenancy_core::ErrorKind;

use super::world::{Sealed, key, run, tenants_seen, text, two_notes};
use crate::harness::{Database, Engine, Note, count_notes, two_tenants};

#[tokio::test]
async fn repositories_and_plain_sqlx_work_for_their_tenant() {
    for engine in [Engine::Postgres, Engine::PgBouncer] {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
        for (tenant, id) in [(a, 1), (b, 2)] {
            let mut tx = db.tenant(tenant);
            assert_eq!(tenants_seen(tx.executor().await.expect("lent")).await, [tenant]);
            let changed = sqlx::query("UPDATE notes SET title = $1")
                .bind(format!("by {id}"))
                .persistent(engine == Engine::Postgres)
                .execute(tx.executor().await.expect("lent"))
                .await;
            assert_eq!(changed.expect("an update").rows_affected(), 1);
            let note = tx.repo::<Note>().get(&id).await.expect("a read").expect("there");
            assert_eq!(note.title, format!("by {id}"));
            tx.commit().await.expect("committed");
        }
        let titles = "SELECT count(*) FROM notes WHERE title = 'by ' || id";
        assert_eq!(sealed.database.admin().await.count(titles).await, 2);
        db.close().await;
        sealed.end().await;
    }
}

#[tokio::test]
async fn what_a_lent_executor_leaves_is_gone_for_the_next() {
    for engine in [Engine::Postgres, Engine::PgBouncer] {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        let mut tx = db.tenant(a);
        let left = "SET default_transaction_read_only = on; SET standard_conforming_strings = off;
                    SET search_path = pg_temp; SET statement_timeout = 1; SET row_security = off;
                    COMMIT";
        run(tx.executor().await.expect("lent"), left).await.expect("set");
        tx.commit().await.expect("nothing is left to commit");
        for tenant in [a, b] {
            let mut tx = db.tenant(tenant);
            let connection = tx.executor().await.expect("lent");
            for (name, value) in [
                ("default_transaction_read_only", "off"),
                ("standard_conforming_strings", "on"),
                ("row_security", "on"),
                ("statement_timeout", "30s"),
                ("search_path", "public, pg_temp"),
            ] {
                assert_eq!(text(connection, &format!("SHOW {name}")).await, value, "{name}");
            }
            assert_eq!(tenants_seen(connection).await, [tenant]);
        }
        db.close().await;
        sealed.end().await;
    }
}

#[tokio::test]
async fn no_executor_without_a_seal() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        for tenant in [two_tenants().0, two_tenants().1] {
            let error = db.tenant(tenant).executor().await.map(drop).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Misconfigured);
            assert!(error.message().contains(".sealed(key)"), "{}", error.message());
        }
    }
    let sqlite = Database::create(Engine::SqliteMemory).await;
    let error = sqlite.options().sealed(key(1)).connect(sqlite.url()).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
}
