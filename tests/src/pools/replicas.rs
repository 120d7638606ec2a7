//! Readers at a streaming replica: what they see, whom they are, and when they go elsewhere.

use std::time::Duration;

use tenancy_core::{Error, ErrorKind, Placement, TenantId};
use tenancy_sqlx::{Binding, FromTenantRow, Migration, TenantDb, TenantDbOptions, TenantTx};

use crate::harness::{
    Admin, Database, Engine, NOTES, Note, PrivatePostgres, count_notes, eventually, placed,
    two_tenants, write_note,
};

/// Where the last note is seen.
const WHERE_IT_IS: &str = "SELECT pg_is_in_recovery() AS at_replica, id AS visible FROM notes
    ORDER BY id DESC LIMIT 1";

const VISIBLE: Migration = Migration::portable(
    2,
    "visible",
    "CREATE FUNCTION visible() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.notes'",
);

fn options() -> TenantDbOptions {
    let options = TenantDb::options().register::<Note>().replica_lag(Duration::from_mins(1));
    options.allow_function("pg_is_in_recovery").allow_function("visible")
}

/// A primary and its replica, with the table of notes.
struct Pair {
    primary: PrivatePostgres,
    replica: PrivatePostgres,
}

impl Pair {
    async fn running() -> Self {
        let primary = PrivatePostgres::running().await;
        let db = options().connect(&primary.url()).await.expect("it answers");
        db.migrate(&[NOTES, VISIBLE]).await.expect("migrated");
        db.close().await;
        let replica = primary.replica().await;
        Self { primary, replica }
    }

    async fn open(&self, options: TenantDbOptions) -> TenantDb {
        let db = options.replica(self.replica.url()).connect(&self.primary.url()).await;
        db.expect("it answers")
    }

    /// Stops and continues what the replica shows; the rest of it goes on.
    async fn replay(&self, goes_on: bool) {
        let mut admin = Admin::at(&self.replica.admin_url("postgres")).await;
        let word = if goes_on { "resume" } else { "pause" };
        admin.run(format!("SELECT pg_wal_replay_{word}()")).await;
        if !goes_on {
            let paused = "SELECT count(*) WHERE pg_get_wal_replay_pause_state() = 'paused'";
            eventually("it stands still", async || admin.count(paused).await == 1).await;
        }
    }
}

#[derive(FromTenantRow)]
struct Where {
    at_replica: bool,
    visible: i64,
}

/// Where a reader is answered, and how many rows row-level security shows it.
async fn ask(mut tx: TenantTx) -> Result<Where, Error> {
    const SQL: &str =
        "SELECT pg_is_in_recovery() AS at_replica, visible() AS visible FROM notes LIMIT 1";
    tx.sql(SQL).fetch_one_as::<Where>().await
}

async fn is_at_replica(db: &TenantDb, tenant: TenantId) -> bool {
    ask(db.read(tenant)).await.expect("an answer").at_replica
}

async fn comes_to_replica(db: &TenantDb, tenant: TenantId) {
    eventually("the replica answers", async || is_at_replica(db, tenant).await).await;
}

#[tokio::test]
async fn readers_go_to_the_replica_and_see_their_own_tenant() {
    let pair = Pair::running().await;
    for binding in [Binding::Transaction, Binding::Session] {
        let db = pair.open(options().binding(binding)).await;
        let (a, b) = two_tenants();
        for id in 1..=3 {
            write_note(&db, a, id).await;
        }
        write_note(&db, b, 1).await;
        for (tenant, own) in [(a, 3), (b, 1)] {
            comes_to_replica(&db, tenant).await;
            let seen = ask(db.read(tenant)).await.expect("an answer");
            assert_eq!((seen.at_replica, seen.visible), (true, own), "{binding:?}");
            let seen = ask(db.read_latest(tenant)).await.expect("an answer");
            assert_eq!((seen.at_replica, seen.visible), (false, own), "{binding:?}");
            let seen = ask(db.tenant(tenant)).await.expect("an answer");
            assert!(!seen.at_replica, "what writes is at the primary");
        }
        db.verify().await.expect("both keep tenants apart");
        db.close().await;
    }
}

/// The one that wrote goes to the primary until the replica shows it; others stay.
#[tokio::test]
async fn a_tenant_reads_its_own_writes() {
    let pair = Pair::running().await;
    let db = pair.open(options()).await;
    let (writer, other) = two_tenants();
    for tenant in [writer, other] {
        write_note(&db, tenant, 1).await;
        comes_to_replica(&db, tenant).await;
    }
    // However soon: there is no moment at which a write is missing.
    for id in 2..=200_u64 {
        write_note(&db, writer, i64::try_from(id).expect("small")).await;
        assert_eq!(count_notes(&db, writer).await, id);
    }
    comes_to_replica(&db, writer).await;

    pair.replay(false).await;
    comes_to_replica(&db, other).await;
    write_note(&db, writer, 201).await;
    for _ in 0..50 {
        let seen = ask(db.read(writer)).await.expect("an answer");
        assert_eq!((seen.at_replica, seen.visible), (false, 201));
        assert!(is_at_replica(&db, other).await, "it has missed nothing");
    }
    pair.replay(true).await;
    comes_to_replica(&db, writer).await;
    assert_eq!(ask(db.read(writer)).await.expect("an answer").visible, 201);
}

/// A commit whose answer nobody waited for may be in: its tenant's readers count on it.
#[tokio::test]
async fn a_commit_that_was_dropped_counts_as_a_write() {
    let pair = Pair::running().await;
    let db = pair.open(options()).await;
    let (writer, other) = two_tenants();
    for tenant in [writer, other] {
        write_note(&db, tenant, 1).await;
        comes_to_replica(&db, tenant).await;
    }
    pair.replay(false).await;
    let mut tx = db.tenant(writer);
    tx.repo::<Note>().insert(Note::new(writer, 2)).await.expect("inserted");
    // Polled once: it is on its way.
    let _ = tokio::time::timeout(Duration::ZERO, tx.commit()).await;
    assert!(!is_at_replica(&db, writer).await);
    assert!(is_at_replica(&db, other).await);
    // A write that was taken back is none.
    let mut tx = db.tenant(other);
    tx.repo::<Note>().insert(Note::new(other, 2)).await.expect("inserted");
    tx.rollback().await.expect("rolled back");
    assert!(is_at_replica(&db, other).await);
    pair.replay(true).await;
}

/// One that falls behind answers nobody; then again.
#[tokio::test]
async fn a_replica_that_is_too_far_behind_is_not_used() {
    let pair = Pair::running().await;
    let db = pair.open(options().replica_lag(Duration::from_millis(400))).await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
        comes_to_replica(&db, tenant).await;
    }
    pair.replay(false).await;
    // Another program writes, of which this one knows nothing.
    let elsewhere = options().connect(&pair.primary.url()).await.expect("it answers");
    write_note(&elsewhere, a, 2).await;
    eventually("its lag is over", async || !is_at_replica(&db, b).await).await;
    for tenant in [a, b] {
        assert!(!is_at_replica(&db, tenant).await);
    }
    assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (2, 1));
    pair.replay(true).await;
    comes_to_replica(&db, b).await;
    comes_to_replica(&db, a).await;
    assert_eq!(count_notes(&db, a).await, 2);
}

/// The primary answers, and no reader notices.
#[tokio::test]
async fn a_replica_that_is_away_hurts_nobody() {
    let mut pair = Pair::running().await;
    let db = pair.open(options()).await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
        comes_to_replica(&db, tenant).await;
    }
    pair.replica.kill().await;
    for _ in 0..50 {
        for tenant in [a, b] {
            let seen = ask(db.read(tenant)).await.expect("the primary answers");
            assert_eq!((seen.at_replica, seen.visible), (false, 1));
        }
    }
    pair.replica.start().await;
    comes_to_replica(&db, a).await;
    comes_to_replica(&db, b).await;
}

/// Its role and its row-level security are looked at like the primary's.
#[tokio::test]
async fn a_replica_that_would_not_keep_tenants_apart_is_not_used() {
    let pair = Pair::running().await;
    let as_superuser = pair.replica.admin_url("test");
    let db = options().replica(as_superuser).connect(&pair.primary.url()).await;
    let db = db.expect("it answers");
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
    }
    let error = db.verify().await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains("superuser"), "{error:?}");
    let fit = pair.open(options()).await;
    // By then the other one has been watched long enough as well.
    for tenant in [a, b] {
        eventually("the fit one is used", async || {
            let seen = ask(db.read(tenant)).await.expect("an answer");
            assert_eq!((seen.at_replica, seen.visible), (false, 1));
            ask(fit.read(tenant)).await.is_ok_and(|seen| seen.at_replica)
        })
        .await;
    }
}

/// Neither a server of its own nor the replica of another one.
#[tokio::test]
async fn only_a_replica_of_the_server_itself_is_used() {
    let (pair, stranger) = tokio::join!(Pair::running(), Pair::running());
    let (a, b) = two_tenants();
    let elsewhere = options().connect(&stranger.primary.url()).await.expect("it answers");
    for tenant in [a, b] {
        write_note(&elsewhere, tenant, 1).await;
        write_note(&elsewhere, tenant, 2).await;
    }
    for url in [stranger.replica.url(), stranger.primary.url(), pair.primary.url()] {
        let db = options().replica(url).connect(&pair.primary.url()).await.expect("it answers");
        let fit = pair.open(options()).await;
        let new = two_tenants().0;
        for tenant in [new, a, b] {
            if count_notes(&db, tenant).await == 0 {
                write_note(&db, tenant, 1).await;
            }
            eventually("the fit one is used", async || {
                let seen = ask(db.read(tenant)).await.expect("an answer");
                assert_eq!((seen.at_replica, seen.visible), (false, 1));
                ask(fit.read(tenant)).await.is_ok_and(|seen| seen.at_replica)
            })
            .await;
        }
        db.close().await;
    }
}

/// Schemas and databases of single tenants are at the replica too, once they have come there.
#[tokio::test]
async fn each_placement_has_its_readers_there() {
    let pair = Pair::running().await;
    let mut admin = Admin::at(&pair.primary.admin_url("postgres")).await;
    admin.run("ALTER ROLE tenancy_test CREATEDB").await;
    let bare = pair.open(options()).await;
    let directory = std::sync::Arc::new(tenancy_core::MemoryDirectory::new());
    let mut tenants = Vec::new();
    for placement in [Placement::row(), Placement::schema(), Placement::database()] {
        for _ in 0..2 {
            let tenant = placed(TenantId::generate(), placement.clone());
            directory.insert(tenant.clone()).expect("inserted");
            bare.provision(&tenant, &[NOTES]).await.expect("provisioned");
            tenants.push(tenant.id());
        }
    }
    let db = bare.with_directory(directory);
    for (round, tenant) in (1..).zip(&tenants) {
        for id in 1..=round {
            write_note(&db, *tenant, id).await;
        }
    }
    for (round, tenant) in (1..).zip(&tenants) {
        eventually("the replica answers", async || {
            let seen =
                db.read(*tenant).sql(WHERE_IT_IS).fetch_one_as::<Where>().await.expect("a row");
            assert_eq!(seen.visible, round, "its own and the last");
            seen.at_replica
        })
        .await;
        assert_eq!(count_notes(&db, *tenant).await, u64::try_from(round).expect("small"));
    }
}

#[tokio::test]
async fn other_databases_have_none() {
    for engine in [Engine::Sqlite, Engine::MySql] {
        let database = Database::create(engine).await;
        let options = database.options().replica(database.url());
        let error = options.connect(database.url()).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.message().contains("only Postgres"), "{error:?}");
        let db = database.notes().await;
        for tenant in [two_tenants().0, two_tenants().1] {
            assert!(db.read_latest(tenant).is_read_only());
            assert_eq!(db.read_latest(tenant).repo::<Note>().count().await.expect("a count"), 0);
        }
    }
}
