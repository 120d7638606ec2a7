//! Counts on this machine's disk: what becomes of them when something goes wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tenancy_core::usage::{MemoryUsageMeter, Meter, Month, UsageLog, UsageMeter as _};
use tenancy_core::{Clock as _, ErrorKind, ManualClock, TenantId};
use tenancy_sqlx::SqlUsageMeter;

use crate::contract::meter::{MeterBench, meter_contract};
use crate::harness::{Database, Engine, two_tenants};

mod memory {
    use super::*;

    meter_contract!({
        let clock = MeterBench::clock();
        let meter = Arc::new(MemoryUsageMeter::new(clock.clone()));
        let folder = tempfile::tempdir().unwrap();
        let log = UsageLog::open(folder.path(), meter, clock.clone()).unwrap();
        MeterBench::new(log, clock).in_folder(folder)
    });
}

mod sql {
    use super::*;

    meter_contract!({
        let database = Database::create(Engine::Sqlite).await;
        let clock = MeterBench::clock();
        let meter = Arc::new(SqlUsageMeter::with_clock(database.notes().await, clock.clone()));
        let folder = tempfile::tempdir().unwrap();
        let log = UsageLog::open(folder.path(), meter, clock.clone()).unwrap();
        MeterBench::new(log, clock).keeping(database).in_folder(folder)
    });
}

/// A folder, a meter that outlives logs, and two tenants.
struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    meter: Arc<MemoryUsageMeter>,
    a: TenantId,
    b: TenantId,
}

impl World {
    fn new() -> Self {
        let (a, b) = two_tenants();
        let clock = MeterBench::clock();
        let meter = Arc::new(MemoryUsageMeter::new(clock.clone()));
        Self { folder: tempfile::tempdir().unwrap(), clock, meter, a, b }
    }

    fn open(&self) -> Result<UsageLog, tenancy_core::Error> {
        UsageLog::open(self.folder.path(), self.meter.clone(), self.clock.clone())
    }

    /// Opens it once the thread of an earlier one has let go.
    async fn reopen(&self) -> UsageLog {
        loop {
            match self.open() {
                Ok(log) => return log,
                Err(error) if error.kind() == ErrorKind::Misconfigured => {
                    tokio::task::yield_now().await;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    async fn record(&self, log: &UsageLog, count: u64) {
        log.record(self.a, &[(Meter::TRANSACTIONS, count)]).await.unwrap();
        log.record(self.b, &[(Meter::TRANSACTIONS, 10 * count)]).await.unwrap();
    }

    /// What the meter has of both.
    async fn counted(&self) -> [u64; 2] {
        let month = Month::of(self.clock.now());
        let mut counts = [0; 2];
        for (count, tenant) in counts.iter_mut().zip([self.a, self.b]) {
            *count = self.meter.usage(tenant, month).await.unwrap().of(&Meter::TRANSACTIONS);
        }
        counts
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some()).collect();
        files.sort();
        files
    }
}

fn contents(files: Vec<PathBuf>) -> Vec<(PathBuf, Vec<u8>)> {
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[tokio::test]
async fn what_was_left_behind_is_delivered_once() {
    let world = World::new();
    let log = world.open().unwrap();
    world.record(&log, 1).await;
    assert_eq!(world.counted().await, [0, 0]);
    drop(log);
    let log = world.reopen().await;
    world.record(&log, 2).await;
    let files = contents(world.files());
    assert_eq!(files.len(), 2, "one of each run");
    log.deliver().await.unwrap();
    assert_eq!(world.counted().await, [3, 30]);
    assert_eq!((world.files().len(), log.waiting_bytes()), (0, 0));
    drop(log);

    // The removal did not get to the disk.
    for (path, bytes) in files {
        fs::write(path, bytes).unwrap();
    }
    let log = world.reopen().await;
    assert!(log.waiting_bytes() > 0);
    world.record(&log, 4).await;
    log.deliver().await.unwrap();
    assert_eq!(world.counted().await, [7, 70]);
}

/// A folder that was copied, or brought back from a backup, gives its batches names of their own.
#[tokio::test]
async fn a_folder_that_was_brought_back_counts_all_the_same() {
    let world = World::new();
    let log = world.open().unwrap();
    world.record(&log, 1).await;
    let producer = world.folder.path().join("producer");
    let backup = fs::read(&producer).unwrap();
    log.deliver().await.unwrap();
    drop(log);
    for round in [2, 4] {
        world.clock.advance(std::time::Duration::from_micros(1));
        let log = world.reopen().await;
        world.record(&log, round).await;
        log.deliver().await.unwrap();
        drop(log);
        fs::write(&producer, &backup).unwrap();
    }
    assert_eq!(world.counted().await, [7, 70]);
}

#[tokio::test]
async fn one_process_has_the_folder() {
    let world = World::new();
    let log = world.open().unwrap();
    world.record(&log, 1).await;
    let error = world.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.to_string().contains("another process has it"), "{error}");
    log.deliver().await.unwrap();
    assert_eq!(world.counted().await, [1, 10]);
}

/// Reads a log that consists of one file, into a meter of its own.
async fn read(world: &World, name: &Path, bytes: &[u8]) -> Result<[u64; 2], tenancy_core::Error> {
    let (meter, folder) =
        (Arc::new(MemoryUsageMeter::new(world.clock.clone())), tempfile::tempdir().unwrap());
    let file = folder.path().join(name.file_name().unwrap());
    fs::write(&file, bytes).unwrap();
    let opened = UsageLog::open(folder.path(), meter.clone(), world.clock.clone());
    if opened.is_err() {
        assert_eq!(fs::read(file).unwrap(), bytes, "nothing is touched");
    }
    opened?.deliver().await?;
    let month = Month::of(world.clock.now());
    let read = async |tenant| meter.usage(tenant, month).await.unwrap().of(&Meter::TRANSACTIONS);
    Ok([read(world.a).await, read(world.b).await])
}

/// A file with four writes: of 1 and 2, of both tenants.
async fn file(world: &World) -> (PathBuf, Vec<u8>) {
    let log = world.open().unwrap();
    world.record(&log, 1).await;
    world.record(&log, 2).await;
    contents(world.files()).remove(0)
}

/// The file is cut at every byte: what stands before the cut counts, and only that.
#[tokio::test]
async fn a_torn_end_costs_what_it_cuts() {
    let world = World::new();
    let (path, bytes) = file(&world).await;
    let mut found = Vec::new();
    for length in 0..=bytes.len() {
        found.push(read(&world, &path, &bytes[..length]).await.unwrap());
    }
    found.dedup();
    assert_eq!(found, [[0, 0], [1, 0], [1, 10], [3, 10], [3, 30]]);
}

/// A bit is turned in every byte: the log refuses, unless it was in the last write.
#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let world = World::new();
    let (path, bytes) = file(&world).await;
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        match read(&world, &path, &damaged).await {
            Ok(counted) => assert_eq!(counted, [3, 10], "byte {at}"),
            Err(error) => {
                refused += 1;
                assert_eq!(error.kind(), ErrorKind::Internal);
                let message = error.to_string();
                assert!(message.contains("is damaged at byte"), "{message}");
                assert!(!message.contains(&world.a.to_string()), "{message}");
            }
        }
    }
    assert!(refused > bytes.len() / 2, "{refused} of {}", bytes.len());
    // Under another name it would be another batch.
    let renamed = PathBuf::from("00000000000000000001-00000000000000000001.usage");
    assert_eq!(read(&world, &renamed, &bytes).await.unwrap_err().kind(), ErrorKind::Internal);
}

/// What is not taken stays, and newer usage stays behind it.
#[tokio::test]
async fn what_the_store_does_not_take_stays() {
    let world = World::new();
    let log = world.open().unwrap();
    world.clock.advance(std::time::Duration::from_hours(2));
    world.record(&log, 1).await;
    // The clock was wrong, and is put right.
    world.clock.set(MeterBench::clock().now());
    world.record(&log, 2).await;
    for _ in 0..2 {
        assert!(log.deliver().await.unwrap_err().is_transient());
        assert_eq!(world.counted().await, [0, 0]);
        assert!(log.waiting_bytes() > 0);
    }
    world.clock.advance(std::time::Duration::from_hours(2));
    log.deliver().await.unwrap();
    assert_eq!(world.counted().await, [1, 10], "of December");
}

#[tokio::test]
async fn too_much_at_once_is_refused() {
    let world = World::new();
    let log = world.open().unwrap();
    let counts = vec![(Meter::API_CALLS, 1); 1_025];
    for tenant in [world.a, world.b] {
        let error = log.record(tenant, &counts).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("counts")));
        log.record(tenant, &counts[1..]).await.unwrap();
    }
    log.deliver().await.unwrap();
    let month = Month::of(world.clock.now());
    for tenant in [world.a, world.b] {
        let usage = world.meter.usage(tenant, month).await.unwrap();
        assert_eq!(usage.of(&Meter::API_CALLS), 1_024);
    }
}
