//! Requests are cancelled 125 times on each of seven engines, and 10,000 times in the long mode
//! (`tests/run isolation --long`).

use std::collections::BTreeMap;
use std::time::Duration;

use tenancy_core::TenantId;
use tenancy_sqlx::TenantDb;

use super::victim::{Await, TAKEN_BACK, Victim};
use crate::harness::{
    Database, Engine, Link, NOTES, Note, address, count_notes, is_long, two_tenants,
};

/// What the link adds to a round trip.
const ROUND_TRIP: Duration = Duration::from_millis(5);

/// How often each await that is wanted must be hit.
const ENOUGH: u64 = 3;

/// In how many rounds: how many awaits a request has is up to the machine.
const MOST_ROUNDS: i64 = 200;

/// Cancels the victim at its first await, its second and so on until it comes through, many
/// times over, and looks each time at what the next borrower of the only connection gets.
/// Goes on until each of `wanted` was hit too. Returns how often each await was hit.
pub(in crate::isolation) async fn nothing_is_left(
    db: &TenantDb,
    seen_by_others: &TenantDb,
    wanted: &[Await],
) -> BTreeMap<Await, u64> {
    let cancellations = if is_long() { 10_000 } else { 125 };
    let (victim, other) = two_tenants();
    let next = Victim::new(db, other);
    let (mut id, mut round, mut hits) = (0, 0, BTreeMap::new());
    let is_missed = |hits: &BTreeMap<Await, u64>| {
        wanted.iter().any(|place| hits.get(place).is_none_or(|hits| *hits < ENOUGH))
    };
    while hits.values().sum::<u64>() < cancellations || (is_missed(&hits) && round < MOST_ROUNDS) {
        round += 1;
        for polls in 1.. {
            id += 1;
            let place = format!("round {round}, poll {polls}");
            let outcome = Victim::new(db, victim).run(round, id, polls, &mut hits).await;
            // In a read-only transaction left open this fails, in any other the count is off.
            let write = next.write_pair(id).await;
            write.unwrap_or_else(|error| panic!("{place}: a transaction was left open: {error:?}"));
            assert_eq!(count_notes(db, other).await, pairs(id), "{place}: a binding was left");
            if let Some(result) = outcome {
                result.expect("what is not cancelled succeeds");
                break;
            }
        }
    }
    db.close().await;
    // What was said to be committed is seen by others.
    assert_eq!(count_notes(seen_by_others, other).await, pairs(id));
    nothing_half_done(seen_by_others, victim, id).await;
    hits
}

fn pairs(count: i64) -> u64 {
    u64::try_from(2 * count).expect("positive")
}

async fn nothing_half_done(db: &TenantDb, victim: TenantId, last: i64) {
    let mut tx = db.read(victim);
    let mut there = async |id: i64| tx.repo::<Note>().get(&id).await.expect("a read").is_some();
    let mut whole = 0;
    for id in 1..=last {
        let (one, two) = (there(id).await, there(-id).await);
        assert_eq!(one, two, "{id}: half a transaction was committed");
        assert!(!there(TAKEN_BACK + id).await, "{id}: what was taken back is there");
        whole += u32::from(one);
    }
    assert!(whole > 0, "some came through");
}

/// Over a slow link, so that there is an await for each round trip.
async fn nothing_is_left_on(engine: Engine) {
    let database = Database::create(engine).await;
    let others = database.notes().await;
    let server = address(database.url());
    let link = Link::to(server.clone(), ROUND_TRIP / 2).await;
    let url = database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
    let options = database.options().max_connections(1).acquire_timeout(Duration::from_secs(20));
    let db = options.connect(&url).await.expect("it answers");
    let db = database.places(db, others.clone(), &[NOTES]);
    let hits = nothing_is_left(&db, &others, &Await::ALL).await;
    eprintln!("{engine:?}: {hits:?}");
    for place in Await::ALL {
        let enough = hits.get(&place).is_some_and(|hits| *hits >= ENOUGH);
        assert!(enough, "{place:?} was hit too seldom");
    }
    others.close().await;
}

#[tokio::test]
async fn leaves_nothing_on_postgres() {
    nothing_is_left_on(Engine::Postgres).await;
}

#[tokio::test]
async fn leaves_nothing_in_schemas() {
    nothing_is_left_on(Engine::PostgresSchemas).await;
}

#[tokio::test]
async fn leaves_nothing_behind_a_pooler() {
    nothing_is_left_on(Engine::PgBouncer).await;
}

#[tokio::test]
async fn leaves_nothing_on_mysql() {
    nothing_is_left_on(Engine::MySql).await;
}

#[tokio::test]
async fn leaves_nothing_on_sqlite() {
    let database = Database::create(Engine::Sqlite).await;
    let others = database.notes().await;
    let options = database.options().max_connections(1).acquire_timeout(Duration::from_secs(20));
    let db = options.connect(database.url()).await.expect("it answers");
    eprintln!("{:?}", nothing_is_left(&db, &others, &[]).await);
    others.close().await;
}
