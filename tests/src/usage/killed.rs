//! `kill -9` at random points: what was acknowledged is counted, and nothing twice.
//!
//! The process that is killed is this one, started once more for the test `child`. `USAGE_ROUNDS`
//! sets how often it is killed: 20 times unless set.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tenancy_core::usage::{Dimension, Meter, Month, Series, Usage, UsageLog, UsageMeter as _};
use tenancy_core::{Clock as _, SystemClock, TenantId};
use tenancy_sqlx::{SqlUsageMeter, TenantDb};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::harness::{Database, Engine, NOTES, PrivatePostgres, eventually, two_tenants};

const FOLDER: &str = "USAGE_CHILD_FOLDER";
const URL: &str = "USAGE_CHILD_URL";
const TENANTS: &str = "USAGE_CHILD_TENANTS";
const ROUND: &str = "USAGE_CHILD_ROUND";
/// In milliseconds.
const INTERVAL: &str = "USAGE_CHILD_INTERVAL";

fn rounds() -> usize {
    std::env::var("USAGE_ROUNDS").map_or(20, |rounds| rounds.parse().expect("a number"))
}

/// What was tried and what was acknowledged, as `tenant part`.
#[derive(Default)]
struct Seen {
    tried: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
}

impl Seen {
    /// Takes a line of the child; returns how many counts it acknowledges.
    fn note(&mut self, line: &str) -> u64 {
        if let Some(part) = line.strip_prefix("tried ") {
            self.tried.insert(part.to_owned());
        } else if let Some(part) = line.strip_prefix("acknowledged ") {
            assert!(self.acknowledged.insert(part.to_owned()), "{part} twice");
            return 1;
        }
        0
    }
}

async fn open(folder: &Path, url: &str) -> UsageLog {
    let db = TenantDb::options().connect(url).await.unwrap();
    let meter = Arc::new(SqlUsageMeter::new(db));
    UsageLog::open(folder, meter, Arc::new(SystemClock)).unwrap()
}

/// Counts until it is killed. Each count has a part of its own, by which it is known again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is what the other tests kill"]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let variable = |name| std::env::var(name).unwrap();
    let log = open(Path::new(&folder), &variable(URL)).await;
    let interval = variable(INTERVAL).parse().unwrap();
    let log = log.deliver_every(Duration::from_millis(interval));
    let (round, tenants) = (variable(ROUND), variable(TENANTS));
    let mut tasks = Vec::new();
    for task in 0..6 {
        let tenant: TenantId = tenants.split(' ').nth(task % 2).unwrap().parse().unwrap();
        let (log, round) = (log.clone(), round.clone());
        tasks.push(tokio::spawn(async move {
            for number in 0.. {
                let part = format!("r{round}-{task}-{number}");
                let calls = Series::from(Meter::API_CALLS).by(Dimension::parse(&part).unwrap());
                println!("tried {tenant} {part}");
                // A disk that is full, in one of the tests, is waited for.
                let counts = [(calls, 1), (Meter::TRANSACTIONS.into(), 1)];
                match log.record_series(tenant, &counts).await {
                    Ok(()) => println!("acknowledged {tenant} {part}"),
                    Err(error) => println!("refused {tenant} {error:?}"),
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// The command that starts the child, behind a shell's settings.
fn command(
    settings: &str,
    folder: &Path,
    url: &str,
    tenants: &[TenantId; 2],
    round: usize,
) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{settings} exec \"$0\" \"$@\"")])
        .arg(program)
        .args(["usage::killed::child", "--exact", "--nocapture", "--ignored"])
        .env(FOLDER, folder)
        .env(URL, url)
        .env(TENANTS, tenants.map(|tenant| tenant.to_string()).join(" "))
        .env(ROUND, round.to_string())
        .env(INTERVAL, "3")
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs the child until so many counts were acknowledged, and kills it a moment later.
async fn kill_one(mut command: Command, after: u64, moment: Duration, seen: &mut Seen) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut left = Some(after);
    while let Some(line) = lines.next_line().await.unwrap() {
        if seen.note(&line) == 1 {
            left = left.map(|left| left.saturating_sub(1));
            if left == Some(0) {
                // Somewhere between two lines, not at one.
                tokio::time::sleep(moment).await;
                child.start_kill().unwrap();
                left = None;
            }
        }
    }
    child.wait().await.unwrap();
    assert_eq!(left, None, "it ended by itself");
}

/// Delivers what is left, and compares.
async fn compare(folder: &Path, url: &str, tenants: [TenantId; 2], since: Month, seen: &Seen) {
    let log = open(folder, url).await;
    // A database that a test has cut off comes back.
    eventually("it is delivered", async || log.deliver().await.is_ok()).await;
    let months: BTreeSet<_> = [since, Month::of(SystemClock.now())].into();
    let mut counted = BTreeSet::new();
    for tenant in tenants {
        let (mut parts, mut transactions) = (0, 0);
        for month in &months {
            let usage: Usage = log.usage(tenant, *month).await.unwrap();
            transactions += usage.of(&Meter::TRANSACTIONS);
            for (meter, part, count) in usage.parts() {
                if *meter == Meter::API_CALLS {
                    assert_eq!(count, 1, "{part:?} counts twice");
                    counted.insert(format!("{tenant} {}", part.unwrap()));
                    parts += 1;
                }
            }
        }
        assert_eq!(parts, transactions, "both or none");
    }
    let lost: Vec<_> = seen.acknowledged.difference(&counted).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), seen.acknowledged.len());
    assert!(counted.is_subset(&seen.tried), "what nobody tried is counted");
    println!("{} acknowledged, {} counted", seen.acknowledged.len(), counted.len());
}

async fn nothing_is_lost_or_doubled(engine: Engine) {
    let database = Database::create(engine).await;
    drop(database.notes().await);
    let folder = tempfile::tempdir().unwrap();
    let (since, (a, b)) = (Month::of(SystemClock.now()), two_tenants());
    let (mut seen, random) = (Seen::default(), RandomState::new());
    for round in 0..rounds() {
        let random = random.hash_one(round);
        let (after, moment) = (1 + random % 120, Duration::from_micros(random / 256 % 5_000));
        let command = command("", folder.path(), database.url(), &[a, b], round);
        kill_one(command, after, moment, &mut seen).await;
    }
    assert!(seen.acknowledged.len() >= rounds());
    compare(folder.path(), database.url(), [a, b], since, &seen).await;
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_on_sqlite() {
    nothing_is_lost_or_doubled(Engine::Sqlite).await;
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_on_postgres() {
    nothing_is_lost_or_doubled(Engine::Postgres).await;
}

/// The database is killed too, while the process goes on and after it was killed.
#[tokio::test]
async fn nothing_is_lost_or_doubled_when_the_database_is_killed() {
    let mut postgres = PrivatePostgres::running().await;
    let (url, folder) = (postgres.url(), tempfile::tempdir().unwrap());
    let db = TenantDb::options().connect(&url).await.unwrap();
    db.migrate(&[NOTES]).await.unwrap();
    db.close().await;
    let (since, (a, b)) = (Month::of(SystemClock.now()), two_tenants());
    let (mut seen, random) = (Seen::default(), RandomState::new());
    for round in 0..rounds().div_ceil(5) {
        let random = random.hash_one(round);
        let mut child = command("", folder.path(), &url, &[a, b], round).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let database_dies = 20 + random % 100;
        let process_dies = database_dies + 50 + random / 256 % 100;
        let mut acknowledged = 0;
        while let Some(line) = lines.next_line().await.unwrap() {
            let before = acknowledged;
            acknowledged += seen.note(&line);
            if acknowledged == before {
                continue;
            }
            if acknowledged == database_dies {
                postgres.kill().await;
                if random.is_multiple_of(2) {
                    postgres.start().await;
                }
            }
            if acknowledged == process_dies {
                child.start_kill().unwrap();
            }
        }
        child.wait().await.unwrap();
        assert!(acknowledged >= process_dies, "it counts while the database is away");
        if !random.is_multiple_of(2) {
            postgres.start().await;
        }
    }
    compare(folder.path(), &url, [a, b], since, &seen).await;
}

/// No file may grow past some kilobytes: writes fail half-way, as on a full disk.
#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing() {
    let database = Database::create(Engine::Postgres).await;
    drop(database.notes().await);
    let folder = tempfile::tempdir().unwrap();
    let (since, (a, b)) = (Month::of(SystemClock.now()), two_tenants());
    let mut seen = Seen::default();
    // The limit counts 512 bytes; the signal that comes with it is ignored. Nothing is delivered, so
    // that the file grows.
    let limit = "trap '' XFSZ; ulimit -f 8;";
    let mut command = command(limit, folder.path(), database.url(), &[a, b], 0);
    command.env(INTERVAL, "1000000");
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut refused = 0;
    while refused < 20 {
        let line = lines.next_line().await.unwrap().expect("it goes on");
        seen.note(&line);
        if line.starts_with("refused ") {
            assert!(line.contains("Unavailable"), "{line}");
            refused += 1;
        }
    }
    child.kill().await.unwrap();
    assert!(!seen.acknowledged.is_empty());
    compare(folder.path(), database.url(), [a, b], since, &seen).await;
}
