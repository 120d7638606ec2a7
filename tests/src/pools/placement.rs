//! Where a transaction goes, and what is refused.

use std::sync::Arc;

use tenancy_core::{
    CacheOptions, CachedDirectory, ErrorKind, MemoryDirectory, Placement, ServerName,
    TenantDirectory as _, TenantId, TenantKey,
};
use tenancy_sqlx::TenantDb;

use super::world::World;
use crate::harness::{Database, Engine, NOTES, Note, count_notes, placed, two_tenants, write_note};

/// The placements that an engine knows.
fn placements(engine: Engine) -> Vec<Placement> {
    match engine {
        Engine::Sqlite => vec![Placement::row(), Placement::database()],
        _ => vec![Placement::row(), Placement::schema(), Placement::database()],
    }
}

const ENGINES: [Engine; 4] = [Engine::Sqlite, Engine::MySql, Engine::Postgres, Engine::PgBouncer];

#[tokio::test]
async fn tenants_with_the_same_keys_live_side_by_side() {
    for engine in ENGINES {
        let world = World::on(engine).await;
        let mut tenants = Vec::new();
        for placement in placements(engine) {
            // Two of each.
            tenants.push(world.tenant(placement.clone()).await);
            tenants.push(world.tenant(placement).await);
        }
        for tenant in &tenants {
            write_note(&world.db, *tenant, 1).await;
        }
        write_note(&world.db, tenants[0], 2).await;
        for tenant in &tenants {
            let note = world.db.read(*tenant).repo::<Note>().get(&1).await.expect("a read");
            assert_eq!(note, Some(Note::new(*tenant, 1)), "{engine:?}");
            let expected = if *tenant == tenants[0] { 2 } else { 1 };
            assert_eq!(count_notes(&world.db, *tenant).await, expected, "{engine:?}");
        }
        // Whoever asks past the directory finds the shared tables, and nothing of the others in them.
        for (at, tenant) in tenants.iter().enumerate() {
            let shared = count_notes(&world.bare, *tenant).await;
            assert_eq!(shared > 0, at < 2, "{engine:?}, tenant {at}");
        }
        world.db.close().await;
    }
}

#[tokio::test]
async fn the_next_transaction_follows_a_changed_placement() {
    for engine in ENGINES {
        let world = World::on(engine).await;
        let (mover, other) =
            (world.tenant(Placement::row()).await, world.tenant(Placement::database()).await);
        for tenant in [mover, other] {
            write_note(&world.db, tenant, 1).await;
        }
        // One that has begun stays where it is.
        let mut begun = world.db.read(mover);
        assert_eq!(begun.repo::<Note>().count().await.expect("a count"), 1);
        // One that has not follows.
        let mut waiting = world.db.read(mover);

        let there = placed(mover, Placement::database());
        world.bare.provision(&there, &[NOTES]).await.expect("provisioned");
        world.directory.set_placement(mover, Placement::database()).expect("there");
        assert_eq!(begun.repo::<Note>().count().await.expect("a count"), 1, "{engine:?}");
        assert_eq!(waiting.repo::<Note>().count().await.expect("a count"), 0, "{engine:?}");
        drop((begun, waiting));
        assert_eq!(count_notes(&world.db, mover).await, 0);
        assert_eq!(count_notes(&world.db, other).await, 1);

        world.directory.set_placement(mover, Placement::row()).expect("there");
        assert_eq!(count_notes(&world.db, mover).await, 1, "the old rows are where they were");
        world.db.close().await;
    }
}

/// What a cached directory promises is what a handle keeps.
#[tokio::test]
async fn a_stale_placement_is_used_no_longer_than_the_directory_gives_it() {
    let world = World::on(Engine::Sqlite).await;
    let (mover, other) =
        (world.tenant(Placement::row()).await, world.tenant(Placement::row()).await);
    let cached = Arc::new(CachedDirectory::new(world.directory.clone(), CacheOptions::new()));
    let db = world.bare.clone().with_directory(cached.clone());
    for tenant in [mover, other] {
        write_note(&db, tenant, 1).await;
    }
    let there = placed(mover, Placement::database());
    world.bare.provision(&there, &[NOTES]).await.expect("provisioned");
    world.directory.set_placement(mover, Placement::database()).expect("there");
    assert_eq!(count_notes(&db, mover).await, 1, "the node has not heard of it");
    cached.forget_all();
    assert_eq!(count_notes(&db, mover).await, 0, "now it has");
    assert_eq!(count_notes(&db, other).await, 1);
}

#[tokio::test]
async fn a_tenant_that_the_directory_does_not_know_is_refused() {
    let world = World::on(Engine::Sqlite).await;
    let (stranger, _) = two_tenants();
    let known = world.tenant(Placement::row()).await;
    write_note(&world.db, known, 1).await;
    let error = world.db.read(stranger).repo::<Note>().count().await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::TenantUnknown);
    assert!(!format!("{error:?}").contains(&stranger.to_string()));
    let mut write = world.db.tenant(stranger);
    write.repo::<Note>().insert(Note::new(stranger, 1)).await.expect_err("refused");
    assert_eq!(count_notes(&world.bare, stranger).await, 0);
    assert_eq!(count_notes(&world.db, known).await, 1);
}

#[tokio::test]
async fn a_place_that_is_not_there_is_said_and_made_by_nobody() {
    for engine in ENGINES {
        let world = World::on(engine).await;
        let good = world.tenant(Placement::row()).await;
        for placement in placements(engine).into_iter().skip(1) {
            // PgBouncer lets nobody try again for 15 s: `server_login_retry`.
            if engine == Engine::PgBouncer && placement == Placement::database() {
                continue;
            }
            let early = world.add(placement).await.id();
            for _ in 0..5 {
                let mut tx = world.db.tenant(early);
                let error = tx.repo::<Note>().insert(Note::new(early, 1)).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TenantProvisioning, "{engine:?} {error:?}");
                assert!(error.message().contains("TenantDb::provision"), "{error:?}");
                assert!(!format!("{error:?}").contains(&good.to_string()));
            }
            // It says nothing about the server: others go on.
            write_note(&world.db, good, 1).await;
            let mut tx = world.db.tenant(good);
            assert!(tx.repo::<Note>().delete(&1).await.expect("deleted"));
            tx.commit().await.expect("committed");

            let tenant = world.directory.clone();
            let record = placed(early, find(&tenant, early).await);
            let error = world.bare.migrate_tenant(&record, &[NOTES]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TenantProvisioning, "{engine:?} {error:?}");
            world.bare.provision(&record, &[NOTES]).await.expect("provisioned");
            write_note(&world.db, early, 1).await;
        }
        world.db.close().await;
    }
}

async fn find(directory: &MemoryDirectory, tenant: TenantId) -> Placement {
    let found = directory.find(&TenantKey::Id(tenant)).await.expect("it answers").expect("there");
    found.tenant.placement().clone()
}

#[tokio::test]
async fn what_a_database_does_not_have_is_refused() {
    let nowhere = Placement::row().on(ServerName::parse("atlantis").expect("a name"));
    for (engine, placement, says) in [
        (Engine::Sqlite, Placement::schema(), "SQLite has no schemas"),
        (Engine::SqliteMemory, Placement::database(), "in memory"),
        (Engine::Sqlite, nowhere.clone(), "TenantDbOptions::server"),
        (Engine::Postgres, nowhere, "\"atlantis\" is not in the options"),
    ] {
        let world = World::on(engine).await;
        let tenant = world.add(placement).await;
        let error = world.bare.provision(&tenant, &[NOTES]).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
        assert!(error.message().contains(says), "{error:?}");
        let error = world.db.read(tenant.id()).repo::<Note>().count().await.expect_err("refused");
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let said = format!("{} {}", error.message(), source.unwrap_or_default());
        assert!(said.contains(says), "{error:?}");
        let other = world.tenant(Placement::row()).await;
        write_note(&world.db, other, 1).await;
    }
}

#[tokio::test]
async fn servers_are_named_and_speak_one_database() {
    let sqlite = Database::create(Engine::Sqlite).await;
    let options = || TenantDb::options().register::<Note>();
    let mixed = options().server("other", "postgres://u:hunter2@localhost/x");
    let error = mixed.connect(sqlite.url()).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains("another database"), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"));
    let options = options().server("eu-1", "postgres://u:hunter2@localhost/x");
    let shown = format!("{options:?}");
    assert!(shown.contains("eu-1") && !shown.contains("hunter2"), "{shown}");
}
