//! Ways around the layers that somebody has tried: each stays shut.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use tenancy_core::entity::{Column, FromTenantRow, Kind, Row, Table, ToValue as _, Value};
use tenancy_core::{Error, ErrorKind, TenantEntity, TenantId};
use tenancy_sqlx::{Migration, TenantDb};

use crate::harness::{
    Database, Engine, Link, NOTES, Note, address, count_notes, two_tenants, write_note,
};

/// The search path of a role decides which table a bare name means, unless it is pinned.
#[tokio::test]
async fn a_search_path_leads_to_no_other_table() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    db.close().await;
    let mut admin = database.admin().await;
    admin.run("CREATE SCHEMA evil AUTHORIZATION tenancy_test").await;
    admin.run("CREATE TABLE evil.notes AS SELECT * FROM public.notes").await;
    admin.run("ALTER TABLE evil.notes OWNER TO tenancy_test").await;
    let name = database.name();
    let path = format!("ALTER ROLE tenancy_test IN DATABASE {name} SET search_path = evil, public");
    admin.run(path).await;
    let db = database.options().connect(database.url()).await.expect("it answers");
    let mut tx = db.tenant(a);
    assert!(tx.repo::<Note>().delete(&1).await.expect("deleted"));
    tx.commit().await.expect("committed");
    assert_eq!(admin.count("SELECT count(*) FROM evil.notes").await, 2);
    assert_eq!(admin.count("SELECT count(*) FROM public.notes").await, 1);
    assert_eq!(count_notes(&db, b).await, 1);
}

/// An operator is looked up by the search path too: `evil.=` says yes to everything.
#[tokio::test]
async fn an_operator_of_ones_own_makes_no_rows_equal() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    db.close().await;
    let mut admin = database.admin().await;
    let name = database.name();
    admin
        .run(format!(
            "CREATE SCHEMA evil;
             GRANT USAGE ON SCHEMA evil TO tenancy_test;
             CREATE FUNCTION evil.yes(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
             CREATE OPERATOR evil.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = evil.yes);
             ALTER ROLE tenancy_test IN DATABASE {name} SET search_path = evil, pg_catalog, public"
        ))
        .await;
    let db = database.options().connect(database.url()).await.expect("it answers");
    assert_eq!(count_notes(&db, a).await, 1);
    let mut tx = db.tenant(a);
    assert!(tx.repo::<Note>().delete(&1).await.expect("deleted"));
    tx.commit().await.expect("committed");
    assert_eq!(count_notes(&db, b).await, 1);

    // Policies that were made with it print otherwise, and are refused.
    let own = "tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid";
    admin
        .run(format!(
            "SET search_path = evil, pg_catalog, public;
             ALTER POLICY tenancy_isolation ON public.notes USING ({own}) WITH CHECK ({own})"
        ))
        .await;
    let error = db.verify().await.expect_err("refused");
    assert!(error.message().contains("missing or altered"), "{error:?}");
}

/// Another client of the same pooler leaves a temporary table on the shared connection.
#[tokio::test]
async fn a_temporary_table_of_another_client_shadows_nothing() {
    let database = Database::create(Engine::PgBouncer).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    let mut stranger = crate::harness::Admin::at(database.url()).await;
    for _ in 0..5 {
        let _ = stranger.try_run("CREATE TEMP TABLE notes (LIKE public.notes)").await;
    }
    for _ in 0..10 {
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 0));
    }
    write_note(&db, b, 2).await;
    assert_eq!(database.admin().await.count("SELECT count(*) FROM public.notes").await, 2);
}

#[tokio::test]
async fn a_migration_leaves_no_settings_on_a_connection() {
    let database = Database::create(Engine::Postgres).await;
    let dump = Migration::portable(
        2,
        "like a dump",
        "SELECT set_config('search_path', '', false); SET default_transaction_read_only = on;
         CREATE TEMP TABLE notes (id int)",
    );
    let db = database.options().max_connections(1).connect(database.url()).await;
    let db = db.expect("it answers");
    db.migrate(&[NOTES, dump]).await.expect("migrated");
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (1, 0));
    assert_eq!(database.admin().await.count("SELECT count(*) FROM public.notes").await, 1);
}

#[tokio::test]
async fn verify_asks_again_each_time() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    db.verify().await.expect("sound");
    let open = Migration::portable(2, "open", "CREATE POLICY open ON notes USING (true)");
    let error = db.migrate(&[NOTES, open]).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert_eq!(db.verify().await.expect_err("still").kind(), ErrorKind::Misconfigured);
}

/// Drops a future after its first poll, if that did not finish it.
async fn started<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// A debit that was cancelled while its transaction was begun, then a credit, then a commit.
#[tokio::test]
async fn a_cancelled_begin_does_not_leave_half_a_transaction() {
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let database = Database::create(engine).await;
        database.notes().await.close().await;
        let db = database.options().max_connections(1).connect(database.url()).await;
        let db = db.expect("it answers");
        let (a, b) = two_tenants();
        write_note(&db, b, 1).await;
        // Somebody has the only connection that writes, so that the begin has to wait.
        let mut other = db.tenant(b);
        other.repo::<Note>().insert(Note::new(b, 2)).await.expect("inserted");
        let mut tx = db.tenant(a);
        let debit = started(tx.repo::<Note>().insert(Note::new(a, 1))).await;
        assert!(debit.is_none(), "the begin waits for a connection");
        other.rollback().await.expect("rolled back");
        let credit = tx.repo::<Note>().insert(Note::new(a, 2)).await;
        assert_eq!(credit.expect_err("refused").kind(), ErrorKind::Conflict);
        assert_eq!(tx.commit().await.expect_err("refused").kind(), ErrorKind::Conflict);
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (0, 1));
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_spoils_its_transaction() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    let mut admin = database.admin().await;
    // The update below happens, and what it returns cannot be read.
    admin.run("ALTER TABLE notes ALTER COLUMN written_at TYPE timestamp").await;
    let mut tx = db.tenant(a);
    let changed = Note { title: "changed".to_owned(), ..Note::new(a, 1) };
    tx.repo::<Note>().update(changed).await.expect_err("unreadable");
    tx.repo::<Note>().count().await.expect_err("spoilt");
    tx.commit().await.expect_err("spoilt");
    assert_eq!(admin.count("SELECT count(*) FROM notes WHERE title = 'changed'").await, 0);
}

/// SQLite rolls back by itself, and the driver does not notice.
#[tokio::test]
async fn a_trigger_that_rolls_back_hurts_no_other_tenant() {
    let database = Database::create(Engine::Sqlite).await;
    let trigger = Migration::portable(
        2,
        "trigger",
        "CREATE TRIGGER no_nines BEFORE INSERT ON notes WHEN NEW.id = 9
         BEGIN SELECT RAISE(ROLLBACK, 'no nines'); END",
    );
    let db = database.options().connect(database.url()).await.expect("it answers");
    db.migrate(&[NOTES, trigger]).await.expect("migrated");
    let (a, b) = two_tenants();
    let mut tx = db.tenant(a);
    tx.repo::<Note>().insert(Note::new(a, 8)).await.expect("inserted");
    tx.repo::<Note>().insert(Note::new(a, 9)).await.expect_err("the trigger refuses");
    drop(tx);
    write_note(&db, b, 1).await;
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (0, 1));
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    for engine in [Engine::MySql, Engine::Postgres] {
        gives_up_a_silent_server(engine).await;
    }
}

async fn gives_up_a_silent_server(engine: Engine) {
    let database = Database::create(engine).await;
    database.notes().await.close().await;
    let server = address(database.url());
    let link = Link::to(server.clone(), Duration::ZERO).await;
    let url = database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
    let options = database.options().acquire_timeout(Duration::from_millis(300));
    let db = options.connect(&url).await.expect("it answers");
    let (a, b) = two_tenants();
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (0, 0));
    link.hang();
    let asked = Instant::now();
    let error = db.ping().await.expect_err("silent");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());
}

/// An entity written by hand that shows one tenant and stores another.
struct Liar {
    key: i64,
    shown: TenantId,
    stored: TenantId,
}

impl FromTenantRow for Liar {
    const COLUMNS: &'static [&'static str] = &["id", "tenant_id"];

    fn from_row(_: &mut dyn Row) -> Result<Self, Error> {
        unreachable!("only written here")
    }
}

impl TenantEntity for Liar {
    type Key = i64;
    const TABLE: Table = Table::new(
        "lies",
        &[Column::new("id", Kind::Int, false), Column::new("tenant_id", Kind::Uuid, false)],
        1,
        0,
    );

    fn tenant(&self) -> TenantId {
        self.shown
    }

    fn key(&self) -> &i64 {
        &self.key
    }

    fn values(&self) -> Vec<Value> {
        vec![self.key.to_value(), self.stored.to_value()]
    }
}

#[tokio::test]
async fn an_entity_that_lies_lands_with_its_own_tenant() {
    let database = Database::create(Engine::SqliteMemory).await;
    let lies = Migration::portable(
        1,
        "lies",
        "CREATE TABLE lies (tenant_id BLOB NOT NULL, id INTEGER NOT NULL,
         PRIMARY KEY (tenant_id, id))",
    );
    let options = TenantDb::options().register::<Liar>();
    let db = options.connect(database.url()).await.expect("it answers");
    db.migrate(&[lies]).await.expect("migrated");
    let (a, b) = two_tenants();
    let mut tx = db.tenant(a);
    let liar = Liar { key: 1, shown: a, stored: b };
    tx.repo::<Liar>().insert(liar).await.expect("inserted");
    tx.commit().await.expect("committed");
    assert_eq!(db.read(a).repo::<Liar>().count().await.expect("a count"), 1);
    assert_eq!(db.read(b).repo::<Liar>().count().await.expect("a count"), 0);
}

#[tokio::test]
async fn text_that_a_database_cannot_hold_is_the_callers_mistake() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    for tenant in [two_tenants().0, two_tenants().1] {
        let note = Note { title: "a\0b".to_owned(), ..Note::new(tenant, 1) };
        let error = db.tenant(tenant).repo::<Note>().insert(note).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
}
