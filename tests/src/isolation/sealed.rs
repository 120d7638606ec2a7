//! Sealed binding: injected SQL names another tenant, and sees nothing.
//!
//! Each test speaks as the role of a service, which owns nothing. The attacks run where injected
//! SQL would run: inside a transaction of their own tenant.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::{SealKey, TenantDb};
use time::OffsetDateTime;

use crate::harness::{
    Database, Engine, Link, NOTES, Note, address, count_notes, two_tenants, write_note,
};

fn key(version: u32) -> SealKey {
    let secret = [u8::try_from(version).expect("a small version"); 32];
    SealKey::new(version, &secret).expect("a key")
}

/// A database whose owner is not the role of the tests.
struct Sealed {
    database: Database,
    owner: String,
    owner_url: String,
}

impl Sealed {
    async fn create(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let (name, owner) = (database.name(), format!("{}_owner", database.name()));
        let mut admin = database.admin().await;
        admin.run(format!("CREATE ROLE {owner} LOGIN PASSWORD 'x'")).await;
        admin.run(format!("ALTER DATABASE {name} OWNER TO {owner}")).await;
        let server = address(&crate::harness::variable("DATABASE_URL"));
        let owner_url = format!("postgres://{owner}:x@{server}/{name}");
        let sealed = Self { database, owner, owner_url };
        let db = sealed.owner(key(1)).await;
        db.migrate(&[NOTES]).await.expect("migrated");
        db.grant_to("tenancy_test").await.expect("granted");
        db.close().await;
        sealed
    }

    async fn owner(&self, key: SealKey) -> TenantDb {
        let options = self.database.options().sealed(key);
        options.connect(&self.owner_url).await.expect("it answers")
    }

    /// A service with one connection.
    async fn service(&self, key: SealKey) -> TenantDb {
        let options = self.database.options().sealed(key).max_connections(1);
        options.connect(self.database.url()).await.expect("it answers")
    }

    async fn end(self) {
        let (name, owner) = (self.database.name().to_owned(), self.owner);
        let mut admin = self.database.admin().await;
        admin
            .run(format!(
                "ALTER DATABASE {name} OWNER TO CURRENT_USER; DROP OWNED BY {owner} CASCADE;
                 DROP ROLE {owner}"
            ))
            .await;
    }
}

async fn two_notes(db: &TenantDb) -> (TenantId, TenantId) {
    let (a, b) = two_tenants();
    write_note(db, a, 1).await;
    write_note(db, b, 2).await;
    (a, b)
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

async fn tenants_seen(connection: &mut PgConnection) -> Vec<TenantId> {
    let rows = sqlx::raw_sql("SELECT tenant_id FROM notes").fetch_all(connection).await;
    let rows = rows.expect("a query");
    rows.iter().map(|row| TenantId::from_uuid(row.get(0)).expect("a tenant")).collect()
}

async fn text(connection: &mut PgConnection, sql: &str) -> String {
    sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_one(connection)
        .await
        .expect("a text")
}

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
async fn naming_another_tenant_shows_nothing() {
    for engine in [Engine::Postgres, Engine::PgBouncer] {
        let sealed = Sealed::create(engine).await;
        let db = sealed.service(key(1)).await;
        let (a, b) = two_notes(&db).await;
        for attack in [
            format!("SET LOCAL tenancy.tenant_id = '{b}'"),
            format!("SET tenancy.tenant_id = '{b}'"),
            format!("SELECT set_config('tenancy.tenant_id', '{b}', true)"),
            format!("SELECT set_config('tenancy.tenant_id', '{b}', false)"),
            "RESET tenancy.tenant_id".to_owned(),
            "RESET ALL".to_owned(),
            "SET LOCAL tenancy.seal = ''".to_owned(),
            "RESET tenancy.seal".to_owned(),
            format!("SET LOCAL tenancy.seal = '1:{}'", "0".repeat(64)),
            "SET LOCAL tenancy.seal = 'x:y:z'".to_owned(),
            // Out of the transaction, and into another one.
            "COMMIT; BEGIN".to_owned(),
            format!("COMMIT; BEGIN; SET LOCAL tenancy.tenant_id = '{b}'"),
            "COMMIT AND CHAIN".to_owned(),
        ] {
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
async fn keys_rotate_and_an_expired_one_opens_nothing() {
    let sealed = Sealed::create(Engine::Postgres).await;
    let old = sealed.service(key(1)).await;
    let (a, b) = two_notes(&old).await;
    // A service that starts with the new key before the database has it says so.
    let early = sealed.service(key(2)).await;
    let error = early.read(a).repo::<Note>().count().await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains("version 2"), "{}", error.message());

    let owner = sealed.owner(key(2)).await;
    owner.migrate(&[NOTES]).await.expect("added");
    let new = sealed.service(key(2)).await;
    for db in [&old, &new] {
        assert_eq!((count_notes(db, a).await, count_notes(db, b).await), (1, 1));
    }
    let now = OffsetDateTime::from_unix_timestamp(1_000_000_000).expect("long ago");
    owner.expire_seal_key(1, now).await.expect("expired");
    assert_eq!((count_notes(&old, a).await, count_notes(&old, b).await), (0, 0));
    let refused = old.tenant(a).repo::<Note>().insert(Note::new(a, 9)).await;
    assert_eq!(refused.expect_err("refused").kind(), ErrorKind::ForeignTenant);
    assert_eq!((count_notes(&new, a).await, count_notes(&new, b).await), (1, 1));
    let error = sealed.service(key(1)).await.verify().await.expect_err("expired");
    assert!(error.message().contains("expired"), "{}", error.message());

    // A version is never another key, and one that never was does not end.
    let other = SealKey::new(2, &[9; 32]).expect("a key");
    let error = sealed.owner(other.clone()).await.migrate(&[NOTES]).await.expect_err("another");
    assert!(error.message().contains("new version"), "{}", error.message());
    let error = sealed.service(other).await.read(a).repo::<Note>().count().await;
    assert_eq!(error.expect_err("not the key").kind(), ErrorKind::Misconfigured);
    let error = owner.expire_seal_key(7, now).await.expect_err("absent");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for db in [old, early, owner, new] {
        db.close().await;
    }
    sealed.end().await;
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
async fn start_up_refuses_what_the_seal_would_not_hold_against() {
    let sealed = Sealed::create(Engine::Postgres).await;
    let (a, b) = two_tenants();
    let owner = sealed.owner(key(1)).await;
    let says = async |db: &TenantDb, tenant| {
        let error = db.read(tenant).repo::<Note>().count().await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
        error.message().to_owned()
    };
    assert!(says(&owner, a).await.contains("grant_to"), "the owner reads the keys");
    let mut admin = sealed.database.admin().await;
    for (rights, take_back, word) in [
        (
            "GRANT TRUNCATE ON notes TO tenancy_test",
            "REVOKE TRUNCATE ON notes FROM tenancy_test",
            "empty it",
        ),
        (
            "GRANT SELECT ON tenancy.seal_keys TO tenancy_test",
            "REVOKE SELECT ON tenancy.seal_keys FROM tenancy_test",
            "read the keys",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO tenancy_test",
            "REVOKE CREATE ON SCHEMA public FROM tenancy_test",
            "make objects",
        ),
    ] {
        admin.run(rights).await;
        let db = sealed.service(key(1)).await;
        assert!(says(&db, b).await.contains(word), "{word}");
        admin.run(take_back).await;
        assert_eq!(count_notes(&db, b).await, 0);
    }
    // A program without the key is refused, and cannot take the seal off by migrating.
    let plain = sealed.database.options().connect(sealed.database.url()).await.expect("it answers");
    assert!(says(&plain, a).await.contains("altered"));
    let plain = sealed.database.options().connect(&sealed.owner_url).await.expect("it answers");
    let error = plain.migrate(&[NOTES]).await.expect_err("sealed");
    assert!(error.message().contains(".sealed(key)"), "{}", error.message());
    // An altered function is no guard.
    let body = "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE
                SECURITY DEFINER AS $$ SELECT nullif(current_setting('tenancy.tenant_id', true), '')::uuid $$";
    admin.run(body).await;
    let db = sealed.service(key(1)).await;
    assert!(says(&db, a).await.contains("missing or altered"));
    owner.migrate(&[NOTES]).await.expect("mended");
    assert_eq!(count_notes(&db, a).await, 0);
    for db in [plain, owner, db] {
        db.close().await;
    }
    sealed.end().await;
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
