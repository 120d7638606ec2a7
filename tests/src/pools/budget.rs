//! Many databases of single tenants under few connections.

use std::time::{Duration, Instant};

use tenancy_core::{ErrorKind, MemoryDirectory, Placement, TenantId};
use tenancy_sqlx::{TenantDb, TenantDbOptions};
use tokio::task::JoinSet;

use super::world::World;
use crate::harness::{Database, Engine, NOTES, Note, count_notes, eventually, placed, write_note};

/// Opens a world of `count` databases under a budget.
async fn crowd(
    engine: Engine,
    count: usize,
    options: impl Fn(TenantDbOptions) -> TenantDbOptions,
) -> (World, Vec<TenantId>) {
    let world = World::with(engine, &options).await;
    let mut tenants = Vec::new();
    for _ in 0..count {
        tenants.push(world.tenant(Placement::database()).await);
    }
    (world, tenants)
}

/// All at once, each several times: a write and a read.
async fn all_work(db: &TenantDb, tenants: &[TenantId], rounds: i64) {
    let mut running = JoinSet::new();
    for round in 1..=rounds {
        for tenant in tenants.iter().copied() {
            let db = db.clone();
            running.spawn(async move {
                write_note(&db, tenant, round).await;
                let note = db.read(tenant).repo::<Note>().get(&round).await.expect("a read");
                assert_eq!(note, Some(Note::new(tenant, round)));
            });
        }
    }
    running.join_all().await;
    for tenant in tenants {
        let notes = u64::try_from(rounds).expect("positive");
        assert_eq!(count_notes(db, *tenant).await, notes, "its own and no other's");
    }
}

/// How many connections to databases of these tenants are held at this end. The server goes on
/// listing one that was closed until its process has ended, and that may be after the next began.
async fn open(database: &Database, tenants: &[TenantId]) -> i64 {
    let ports = established_ports();
    let names: Vec<_> =
        tenants.iter().map(|tenant| format!("'{}'", Database::name_of(*tenant))).collect();
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname IN ({}) AND client_port IN ({})",
        names.join(", "),
        ports.join(", "),
    );
    database.admin().await.count(sql).await
}

/// Lists the local ports of sockets that neither end has closed, as the kernel tells them: `01`
/// is ESTABLISHED (proc(5), `/proc/net/tcp`).
fn established_ports() -> Vec<String> {
    let table = std::fs::read_to_string("/proc/self/net/tcp").expect("the kernel's table");
    let ports = table.lines().filter_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (local, state) = (fields.next()?, fields.nth(1)?);
        let port = u16::from_str_radix(local.split_once(':')?.1, 16).ok()?;
        (state == "01").then(|| port.to_string())
    });
    // None has port zero: a list may not be empty.
    std::iter::once("0".to_owned()).chain(ports).collect()
}

#[tokio::test]
async fn two_hundred_files_under_fifty_connections() {
    let patient = |options: TenantDbOptions| {
        options.dedicated_connections(50).acquire_timeout(Duration::from_mins(1))
    };
    let (world, tenants) = crowd(Engine::Sqlite, 200, patient).await;
    all_work(&world.db, &tenants, 3).await;
    world.db.close().await;
}

#[tokio::test]
async fn sixty_databases_under_twenty_connections() {
    let patient = |options: TenantDbOptions| {
        options.dedicated_connections(20).acquire_timeout(Duration::from_mins(2))
    };
    let (world, tenants) = crowd(Engine::Postgres, 60, patient).await;
    let (db, all) = (world.db.clone(), tenants.clone());
    let working = tokio::spawn(async move { all_work(&db, &all, 2).await });
    let mut most = 0;
    while !working.is_finished() {
        most = most.max(open(&world.database, &tenants).await);
    }
    working.await.expect("all of them worked");
    assert!((2..=20).contains(&most), "{most} connections were open at once");
    world.db.close().await;
    assert_eq!(open(&world.database, &tenants).await, 0);
}

/// The last one taken is kept; the one idle the longest makes room.
#[tokio::test]
async fn the_one_idle_the_longest_is_closed_first() {
    let two = |options: TenantDbOptions| options.dedicated_connections(2);
    let (world, tenants) = crowd(Engine::Postgres, 3, two).await;
    let [a, b, c] = tenants[..] else { panic!("three") };
    for tenant in [a, b, a, c] {
        count_notes(&world.db, tenant).await;
    }
    for (tenant, expected) in [(a, 1), (b, 0), (c, 1)] {
        let is = async || open(&world.database, &[tenant]).await == expected;
        eventually("it is open or closed", is).await;
    }
}

#[tokio::test]
async fn what_is_idle_for_long_is_closed() {
    let short = |options: TenantDbOptions| options.dedicated_idle(Duration::from_millis(50));
    let (world, tenants) = crowd(Engine::Postgres, 3, short).await;
    for tenant in &tenants {
        write_note(&world.db, *tenant, 1).await;
    }
    eventually("all are closed", async || open(&world.database, &tenants).await == 0).await;
    for tenant in &tenants {
        assert_eq!(count_notes(&world.db, *tenant).await, 1, "and opened again when needed");
    }
}

#[tokio::test]
async fn waiting_for_the_budget_ends_in_time_and_says_why() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let one = |options: TenantDbOptions| {
            options.dedicated_connections(1).acquire_timeout(Duration::from_millis(300))
        };
        let (world, tenants) = crowd(engine, 2, one).await;
        let mut holder = world.db.tenant(tenants[0]);
        holder.repo::<Note>().insert(Note::new(tenants[0], 1)).await.expect("inserted");
        let asked = Instant::now();
        let error = world.db.tenant(tenants[1]).repo::<Note>().count().await.expect_err("busy");
        assert_eq!(error.kind(), ErrorKind::Overloaded, "{error:?}");
        assert!(error.is_transient());
        assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?}", asked.elapsed());
        assert!(!format!("{error:?}").contains(&tenants[0].to_string()));
        // Those in shared tables are not concerned.
        let row = world.tenant(Placement::row()).await;
        write_note(&world.db, row, 1).await;
        // Who waits gets the place of who ends.
        let (waiting, ()) = tokio::join!(count_notes(&world.db, tenants[1]), async {
            holder.commit().await.expect("committed");
        });
        assert_eq!(waiting, 0);
        assert_eq!(count_notes(&world.db, tenants[0]).await, 1);
    }
}

/// One tenant cannot take the whole budget.
#[tokio::test]
async fn a_tenant_has_no_more_than_its_share() {
    let few = |options: TenantDbOptions| {
        options
            .dedicated_connections(3)
            .dedicated_per_tenant(2)
            .acquire_timeout(Duration::from_millis(500))
    };
    let (world, tenants) = crowd(Engine::Postgres, 2, few).await;
    let (greedy, other) = (tenants[0], tenants[1]);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut tx = world.db.read(greedy);
        tx.repo::<Note>().count().await.expect("a count");
        held.push(tx);
    }
    let third = world.db.read(greedy).repo::<Note>().count().await.expect_err("no more");
    assert_eq!(third.kind(), ErrorKind::Overloaded);
    write_note(&world.db, other, 1).await;
    assert_eq!(open(&world.database, &[greedy]).await, 2);
    drop(held);
    assert_eq!(count_notes(&world.db, greedy).await, 0);
}

/// A request that gives up while it waits or connects keeps no part of the budget.
#[tokio::test]
async fn who_gives_up_leaves_nothing_behind() {
    let two = |options: TenantDbOptions| options.dedicated_connections(2).dedicated_per_tenant(1);
    let (world, tenants) = crowd(Engine::Postgres, 6, two).await;
    for micros in 0..120_u64 {
        for tenant in &tenants {
            let reading = count_notes(&world.db, *tenant);
            let _ = tokio::time::timeout(Duration::from_micros(micros * 40), reading).await;
        }
    }
    for tenant in &tenants {
        write_note(&world.db, *tenant, 1).await;
        assert_eq!(count_notes(&world.db, *tenant).await, 1);
    }
    // Every part of the budget is there again.
    let mut both = [world.db.read(tenants[0]), world.db.read(tenants[1])];
    for tx in &mut both {
        assert_eq!(tx.repo::<Note>().count().await.expect("a count"), 1);
    }
    drop(both);
    tokio::time::timeout(Duration::from_secs(30), world.db.close()).await.expect("all come home");
    let error = world.db.read(tenants[0]).repo::<Note>().count().await.expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

/// Provisioning is no exception: it takes a connection of the budget, like everybody.
#[tokio::test]
async fn tenants_are_provisioned_side_by_side() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::with(engine, &|options| options.dedicated_connections(4)).await;
        let directory: &MemoryDirectory = &world.directory;
        let mut running = JoinSet::new();
        let mut tenants = Vec::new();
        for placement in [Placement::database(), Placement::database(), Placement::schema()] {
            if engine == Engine::Sqlite && placement == Placement::schema() {
                continue;
            }
            let tenant = placed(TenantId::generate(), placement);
            world.database.owns(&tenant).await;
            directory.insert(tenant.clone()).expect("inserted");
            // Six programs make the same place at once.
            for _ in 0..6 {
                let (db, tenant) = (world.bare.clone(), tenant.clone());
                running.spawn(async move { db.provision(&tenant, &[NOTES]).await });
            }
            tenants.push(tenant.id());
        }
        for done in running.join_all().await {
            done.expect("provisioned");
        }
        for tenant in tenants {
            write_note(&world.db, tenant, 1).await;
        }
        world.db.close().await;
    }
}
