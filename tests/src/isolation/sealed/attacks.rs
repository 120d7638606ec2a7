use tenancy_core::ErrorKind;

use super::world::{Sealed, attacks, key, run, tenants_seen, text, two_notes};
use crate::harness::{Engine, count_notes};

#[tokio::test]
async fn naming_another_tenant_shows_nothing() {
    for engine in [Engine::Postgres, Engine::PgBouncer] {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        for attack in attacks(b) {
            let mut tx = db.tenant(a);
            let connection = tx.executor().await.expect("lent");
            assert_eq!(tenants_seen(connection).await, [a], "before {attack}");
            run(connection, &attack).await.expect("it runs");
            assert_eq!(tenants_seen(connection).await, [], "after {attack}");
            let all = "UPDATE notes SET title = 'taken'; DELETE FROM notes";
            run(connection, all).await.expect("they find nothing");
            tx.rollback().await.expect("rolled back");
            // And nothing of it stays for the next one on this connection.
            assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1), "{attack}");
        }
        let untouched = "SELECT count(*) FROM notes WHERE title <> 'taken'";
        assert_eq!(sealed.database.admin().await.count(untouched).await, 2);
        db.close().await;
        sealed.end().await;
    }
}

/// The text of a statement is seen by everybody with the same role.
#[tokio::test]
async fn a_seal_from_another_connection_opens_nothing() {
    let sealed = Sealed::create(Engine::Postgres).await;
    let (db, other) = (sealed.service(key(1)).await, sealed.service(key(1)).await);
    let (a, b) = two_notes(&db).await;
    let mut victim = other.tenant(b);
    victim.executor().await.expect("lent");

    let mut tx = db.tenant(a);
    let connection = tx.executor().await.expect("lent");
    let seen = "SELECT query FROM pg_stat_activity
                WHERE query LIKE 'SET LOCAL tenancy.seal = %' AND pid <> pg_backend_pid()
                  AND datname = current_database()";
    let stolen = text(connection, seen).await;
    assert!(stolen.contains("'1:"), "{stolen}");
    run(connection, &format!("SET LOCAL tenancy.tenant_id = '{b}'; {stolen}")).await.expect("set");
    assert_eq!(tenants_seen(connection).await, []);
    // Where it belongs it is good.
    assert_eq!(tenants_seen(victim.executor().await.expect("lent")).await, [b]);
    for db in [db, other] {
        drop((db.tenant(a), db.tenant(b)));
    }
    drop((tx, victim));
    sealed.end().await;
}

/// The same process, and the same pooled connection, one transaction later.
#[tokio::test]
async fn a_seal_from_an_earlier_transaction_opens_nothing() {
    for engine in [Engine::Postgres, Engine::PgBouncer] {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        let mut met = 0;
        for _ in 0..20 {
            let mut tx = db.tenant(b);
            let connection = tx.executor().await.expect("lent");
            let pid = "SELECT pg_backend_pid()::text";
            let (seal, of) = (
                text(connection, "SELECT current_setting('tenancy.seal')").await,
                text(connection, pid).await,
            );
            tx.commit().await.expect("committed");
            let mut tx = db.tenant(a);
            let connection = tx.executor().await.expect("lent");
            met += i32::from(text(connection, pid).await == of);
            let replay =
                format!("SET LOCAL tenancy.tenant_id = '{b}'; SET LOCAL tenancy.seal = '{seal}'");
            run(connection, &replay).await.expect("set");
            assert_eq!(tenants_seen(connection).await, []);
        }
        assert!(met > 0, "the same process was never met");
        db.close().await;
        sealed.end().await;
    }
}

#[tokio::test]
async fn the_service_cannot_take_the_guard_apart() {
    let sealed = Sealed::create(Engine::Postgres).await;
    let db = sealed.service(key(1)).await;
    let (a, b) = two_notes(&db).await;
    for attack in [
        "SELECT * FROM tenancy.seal_keys",
        "INSERT INTO tenancy.seal_keys VALUES (2, sha512('a'), sha512('a'))",
        "UPDATE tenancy.seal_keys SET inner_pad = sha512('a')",
        "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "CREATE FUNCTION tenancy.other() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE notes DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenancy_isolation ON notes",
        "TRUNCATE notes",
        "DROP TABLE notes",
        "CREATE TABLE public.mine (LIKE notes)",
        "SET SESSION AUTHORIZATION tenancy_admin",
    ] {
        let mut tx = db.tenant(a);
        let connection = tx.executor().await.expect("lent");
        run(connection, attack).await.expect_err(attack);
        // What failed in there is not taken for done.
        assert_eq!(tx.commit().await.expect_err(attack).kind(), ErrorKind::Internal, "{attack}");
    }
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
    db.close().await;
    sealed.end().await;
}
