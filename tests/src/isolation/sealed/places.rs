//! Tenants in schemas and databases of their own, sealed like those in shared tables.

use std::sync::Arc;

use tenancy_core::{ErrorKind, Placement, TenantId};
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::world::{Sealed, attacks, key, run, tenants_in, tenants_seen, text, two_notes};
use crate::harness::{Admin, Database, Engine, NOTES, Note, count_notes, placed, write_note};

const ENGINES: [Engine; 3] =
    [Engine::PostgresSchemas, Engine::PostgresDatabases, Engine::PostgresMixed];

#[tokio::test]
async fn naming_another_tenant_shows_nothing() {
    for engine in ENGINES {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
        for attack in attacks(b) {
            let mut tx = db.tenant(a);
            let connection = tx.executor().await.expect("lent");
            assert_eq!(tenants_seen(connection).await, [a], "{engine:?} before {attack}");
            run(connection, &attack).await.expect("it runs");
            // A COMMIT takes the search path with it: then the table has a longer way.
            let path = text(connection, "SELECT current_schema()").await;
            assert_eq!(tenants_in(connection, &format!("{path}.notes")).await, [], "{attack}");
            tx.rollback().await.expect("rolled back");
            assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1), "{attack}");
        }
        db.close().await;
        sealed.end().await;
    }
}

/// The service may look into every schema: what is in it opens to its tenant alone.
#[tokio::test]
async fn another_schema_shows_nothing() {
    let sealed = Sealed::create(Engine::PostgresSchemas).await;
    let db = sealed.service(key(1)).await;
    let (a, b) = two_notes(&db).await;
    let theirs = format!("{}.notes", Database::name_of(b));
    let into = format!("SET LOCAL search_path = {}", Database::name_of(b));
    let with_both = attacks(b).into_iter().chain(["SELECT 1".to_owned(), into]);
    for attack in with_both {
        let mut tx = db.tenant(a);
        let connection = tx.executor().await.expect("lent");
        run(connection, &attack).await.expect("it runs");
        assert_eq!(tenants_in(connection, &theirs).await, [], "after {attack}");
        let all = format!("UPDATE {theirs} SET title = 'taken'; DELETE FROM {theirs}");
        run(connection, &all).await.expect("they find nothing");
        tx.rollback().await.expect("rolled back");
        let mut tx = db.tenant(a);
        let connection = tx.executor().await.expect("lent");
        run(connection, &attack).await.expect("it runs");
        let plant = format!(
            "INSERT INTO {theirs} SELECT '{b}', 9, 'planted', true, 0, NULL, NULL, now(), 1"
        );
        run(connection, &plant).await.expect_err(&attack);
        drop(tx);
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1), "{attack}");
    }
    db.close().await;
    sealed.end().await;
}

/// From a transaction of the victim, in whichever place, into another one's.
#[tokio::test]
async fn a_stolen_seal_opens_nothing() {
    for engine in ENGINES {
        let sealed = Sealed::create(engine).await;
        let (db, other) = (sealed.service(key(1)).await, sealed.service(key(1)).await);
        let (a, b) = two_notes(&db).await;
        let mut victim = other.tenant(b);
        let seal = "SELECT current_setting('tenancy.seal')";
        let stolen = text(victim.executor().await.expect("lent"), seal).await;
        let mut tx = db.tenant(a);
        let connection = tx.executor().await.expect("lent");
        let replay =
            format!("SET LOCAL tenancy.tenant_id = '{b}'; SET LOCAL tenancy.seal = '{stolen}'");
        run(connection, &replay).await.expect("set");
        assert_eq!(tenants_seen(connection).await, [], "{engine:?}");
        assert_eq!(tenants_seen(victim.executor().await.expect("lent")).await, [b]);
        drop((tx, victim));
        for db in [db, other] {
            db.close().await;
        }
        sealed.end().await;
    }
}

#[tokio::test]
async fn the_service_cannot_take_the_guard_apart() {
    for engine in [Engine::PostgresSchemas, Engine::PostgresDatabases] {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        for attack in [
            "SELECT * FROM tenancy.seal_keys",
            "INSERT INTO tenancy.seal_keys VALUES (2, sha512('a'), sha512('a'))",
            "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
            "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY tenancy_isolation ON notes",
            "TRUNCATE notes",
            "DROP TABLE notes",
            "CREATE TABLE mine (id int)",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP SCHEMA tenancy CASCADE",
        ] {
            let mut tx = db.tenant(a);
            let connection = tx.executor().await.expect("lent");
            run(connection, attack).await.expect_err(attack);
            drop(tx);
        }
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
        db.close().await;
        sealed.end().await;
    }
}

/// A place whose guard somebody has weakened is refused by the next program; others go on.
#[tokio::test]
async fn a_place_that_is_not_sealed_is_refused() {
    for engine in [Engine::PostgresSchemas, Engine::PostgresDatabases] {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        db.close().await;
        let place = Database::name_of(a);
        let (database, schema) = match engine {
            Engine::PostgresSchemas => (sealed.database.name(), place.as_str()),
            _ => (place.as_str(), "public"),
        };
        let mut admin = Admin::of(database).await;
        let plain = "tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid";
        let notes = format!("{schema}.notes");
        for weaken in [
            format!(
                "ALTER POLICY tenancy_isolation ON {notes} USING ({plain}) WITH CHECK ({plain})"
            ),
            format!("CREATE POLICY more ON {notes} USING (true)"),
            format!("ALTER TABLE {notes} NO FORCE ROW LEVEL SECURITY"),
            format!("GRANT TRUNCATE ON {notes} TO tenancy_test"),
            format!("GRANT CREATE ON SCHEMA {schema} TO tenancy_test"),
            format!("ALTER TABLE {notes} OWNER TO tenancy_test"),
        ] {
            admin.run(weaken.as_str()).await;
            let db = sealed.service(key(1)).await;
            let error = db.read(a).repo::<Note>().count().await.expect_err(&weaken);
            assert_eq!(error.kind(), ErrorKind::Misconfigured, "{engine:?} {weaken}: {error:?}");
            assert!(error.message().contains("TenantDb::provision"), "{error:?}");
            let write = db.tenant(a).repo::<Note>().insert(Note::new(a, 9)).await;
            assert_eq!(write.expect_err(&weaken).kind(), ErrorKind::Misconfigured);
            assert_eq!(count_notes(&db, b).await, 1, "{engine:?} {weaken}");
            db.close().await;
            let mend = format!(
                "ALTER TABLE {notes} OWNER TO {0};
                 REVOKE TRUNCATE ON {notes} FROM tenancy_test;
                 REVOKE CREATE ON SCHEMA {schema} FROM tenancy_test;
                 DROP POLICY IF EXISTS more ON {notes}",
                sealed.owner_role(),
            );
            admin.run(mend).await;
            let tenant = placed(a, placement(engine));
            sealed.provider.provision(&tenant, &[NOTES]).await.expect("mended");
        }
        let db = sealed.service(key(1)).await;
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
        db.close().await;
        sealed.end().await;
    }
}

fn placement(engine: Engine) -> Placement {
    match engine {
        Engine::PostgresSchemas => Placement::schema(),
        _ => Placement::database(),
    }
}

/// A tenant's own database has keys of its own.
#[tokio::test]
async fn keys_rotate_in_a_database_of_its_own() {
    let sealed = Sealed::create(Engine::PostgresDatabases).await;
    let old = sealed.service(key(1)).await;
    let (a, b) = two_notes(&old).await;
    let [of_a, of_b] = [a, b].map(|tenant| placed(tenant, Placement::database()));
    let owner = sealed.owner(key(2)).await;
    owner.migrate(&[NOTES]).await.expect("added");
    let new = sealed.service(key(2)).await;
    let early = new.read(a).repo::<Note>().count().await.expect_err("unknown there");
    assert_eq!(early.kind(), ErrorKind::Misconfigured, "{early:?}");
    for tenant in [&of_a, &of_b] {
        owner.migrate_tenant(tenant, &[NOTES]).await.expect("added");
    }
    for db in [&old, &new] {
        assert_eq!((count_notes(db, a).await, count_notes(db, b).await), (1, 1));
    }
    let past = OffsetDateTime::from_unix_timestamp(1_000_000_000).expect("long ago");
    owner.expire_tenant_seal_key(&of_a, 1, past).await.expect("expired");
    assert_eq!((count_notes(&old, a).await, count_notes(&old, b).await), (0, 1));
    assert_eq!((count_notes(&new, a).await, count_notes(&new, b).await), (1, 1));
    let error = owner.expire_tenant_seal_key(&of_b, 7, past).await.expect_err("absent");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for db in [old, new, owner] {
        db.close().await;
    }
    sealed.end().await;
}

/// They share one function, which each of them would replace.
#[tokio::test]
async fn schemas_are_made_side_by_side() {
    let sealed = Sealed::create(Engine::PostgresSchemas).await;
    let provider = Arc::new(sealed.provider.clone());
    let mut running = JoinSet::new();
    let tenants: Vec<_> = (0..6).map(|_| TenantId::generate()).collect();
    for id in tenants.iter().copied() {
        let provider = provider.clone();
        running.spawn(async move {
            let tenant = placed(id, Placement::schema());
            provider.provision(&tenant, &[NOTES]).await
        });
    }
    for made in running.join_all().await {
        made.expect("provisioned");
    }
    let db = sealed.service(key(1)).await;
    for tenant in &tenants {
        write_note(&db, *tenant, 1).await;
    }
    for tenant in tenants {
        assert_eq!(count_notes(&db, tenant).await, 1);
    }
    db.close().await;
    sealed.end().await;
}

/// Nobody has given the service its rights there.
#[tokio::test]
async fn a_place_that_the_service_may_not_enter_is_said() {
    for engine in [Engine::PostgresSchemas, Engine::PostgresDatabases] {
        let sealed = Sealed::create(engine).await;
        let alone = sealed.database.options().sealed(key(1));
        let alone = alone.connect(&sealed.owner_url).await.expect("it answers");
        let db = sealed.service(key(1)).await;
        let good = TenantId::generate();
        write_note(&db, good, 1).await;
        let shut = placed(TenantId::generate(), placement(engine));
        alone.provision(&shut, &[NOTES]).await.expect("provisioned");
        sealed.database.owns(&shut).await;
        let error = db.read(shut.id()).repo::<Note>().count().await.expect_err("no rights");
        let says = match engine {
            Engine::PostgresSchemas => (ErrorKind::Misconfigured, "TenantDb::provision"),
            _ => (ErrorKind::Internal, "permission denied"),
        };
        assert_eq!(error.kind(), says.0, "{engine:?} {error:?}");
        assert!(format!("{error:?}").contains(says.1), "{error:?}");
        assert_eq!(count_notes(&db, good).await, 1);
        sealed.provider.provision(&shut, &[NOTES]).await.expect("given");
        assert_eq!(count_notes(&db, shut.id()).await, 0);
        for db in [alone, db] {
            db.close().await;
        }
        sealed.end().await;
    }
}

#[tokio::test]
async fn a_service_role_has_a_plain_name() {
    let sealed = Sealed::create(Engine::Postgres).await;
    for name in ["", "a b", "x\"; DROP TABLE notes; --", "Service", "pg\0"] {
        let options = sealed.database.options().service_role(name);
        let error = options.connect(&sealed.owner_url).await.expect_err("refused");
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("role")), "{name}");
    }
    let db = sealed.service(key(1)).await;
    let (a, b) = two_notes(&db).await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 1));
    db.close().await;
    sealed.end().await;
}
