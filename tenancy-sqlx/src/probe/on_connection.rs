//! What a transaction leaves on its connection, of which there is one: cancelled at every await,
//! in a panic, rolled back to a savepoint, with statements prepared before.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::task::Poll;

use tenancy_core::entity::{ToValue as _, Value};
use tenancy_core::{Error, TenantId};

use super::cast::{Cast, place};
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::{Pair, Stage, said};
use crate::TenantDb;
use crate::repository::{Answer, Verb, Verbs};

/// How often each await is hit.
const ROUNDS: usize = 3;

/// Postgres plans a prepared statement anew five times, and then may keep a plan.
const REPEATS: usize = 8;

const REMEDY: &str = "behind a pooler in transaction mode the options need \
                      .without_prepared_statements(); if there is none, please report this";

/// Tries the transactions of the library on a table.
pub(super) async fn attempt(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
) -> Result<(), Error> {
    cancelled(report, stage, cast, pair).await?;
    panicked(report, stage, cast, pair).await?;
    taken_back(report, stage, cast, pair).await?;
    prepared(report, stage, cast, pair).await
}

/// Drops a transaction of the victim at each of its awaits, and looks each time at what the next
/// user of the connection gets, and at what of it counts.
async fn cancelled(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
) -> Result<(), Error> {
    for _ in 0..ROUNDS {
        for polls in 1.. {
            let pair_of_rows = cast.spares_of(stage, pair.victim);
            let write = write_both(&stage.db, cast.verbs, pair.victim, pair_of_rows);
            let outcome = cancelled_after(polls, write).await;
            report.attempt(next_is_clean(stage, cast, pair, "a dropped transaction").await);
            let mut kept = 0;
            for row in pair_of_rows {
                kept += usize::from(stage.remove(&cast.table, pair.victim, cast.key(row)).await?);
            }
            report.attempt((kept == 1).then(|| {
                finding(Gravity::Leak, cast, "half of a dropped transaction was committed")
            }));
            match outcome {
                None => report.count_cancelled(),
                Some(Ok(())) if kept != 2 => {
                    report.find(Some(finding(
                        Gravity::Leak,
                        cast,
                        "a transaction that was said to be committed is not there",
                    )));
                    break;
                }
                Some(Ok(())) => break,
                Some(Err(error)) => {
                    report.find(Some(finding(
                        Gravity::NotTried,
                        cast,
                        format!("two more rows of a tenant could not be written: {}", said(&error)),
                    )));
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

async fn write_both(
    db: &TenantDb,
    verbs: &dyn Verbs,
    tenant: TenantId,
    rows: &[Vec<Value>; 2],
) -> Result<(), Error> {
    let mut tx = db.tenant(tenant);
    for row in rows {
        verbs.run(&mut tx, Verb::Insert, row).await?;
    }
    tx.commit().await
}

/// Polls a future at most `polls` times, then drops it: `None` means that it was cancelled there.
async fn cancelled_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        left = left.saturating_sub(1);
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // Nobody would wake us for the drop.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// A handler that panics after it has written.
async fn panicked(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
) -> Result<(), Error> {
    let [row, _] = cast.spares_of(stage, pair.victim);
    let mut tx = stage.db.tenant(pair.victim);
    cast.verbs.run(&mut tx, Verb::Insert, row).await?;
    // What unwinding drops, without the noise of a panic.
    let handler = AssertUnwindSafe(move || {
        let _tx = tx;
        std::panic::resume_unwind(Box::new("a probe"));
    });
    let unwound = std::panic::catch_unwind(handler).is_err();
    report.attempt(next_is_clean(stage, cast, pair, "a handler that panicked").await);
    let kept = stage.remove(&cast.table, pair.victim, cast.key(row)).await?;
    report.attempt((kept || !unwound).then(|| {
        finding(Gravity::Leak, cast, "what a handler wrote before it panicked was committed")
    }));
    Ok(())
}

/// What is rolled back to a savepoint is gone, and the tenant is the same before and after.
async fn taken_back(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
) -> Result<(), Error> {
    let [kept, taken_back] = cast.spares_of(stage, pair.victim);
    let mut tx = stage.db.tenant(pair.victim);
    cast.verbs.run(&mut tx, Verb::Insert, kept).await?;
    let mut savepoint = tx.savepoint().await?;
    cast.verbs.run(&mut savepoint, Verb::Insert, taken_back).await?;
    savepoint.rollback().await?;
    let attackers = cast.row_of(stage, pair.attacker);
    let seen = cast.verbs.run(&mut tx, Verb::List, attackers).await?;
    let foreign = shows_others(&seen, cast, pair.victim);
    tx.commit().await?;
    report.attempt(foreign.then(|| {
        finding(Gravity::Leak, cast, "after a savepoint was rolled back another tenant's row shows")
    }));
    let is_kept = stage.remove(&cast.table, pair.victim, cast.key(kept)).await?;
    let is_there = stage.remove(&cast.table, pair.victim, cast.key(taken_back)).await?;
    report.attempt((is_there || !is_kept).then(|| {
        finding(Gravity::Leak, cast, "a savepoint took back something else than was done since it")
    }));
    report.attempt(next_is_clean(stage, cast, pair, "a savepoint").await);
    Ok(())
}

/// The same statements for one tenant and the other in turn, on one connection.
async fn prepared(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
) -> Result<(), Error> {
    for _ in 0..REPEATS {
        for tenant in stage.tenants {
            let (own, other) =
                (tenant, if tenant == pair.attacker { pair.victim } else { pair.attacker });
            let mut tx = stage.db.read(own);
            let found = cast.verbs.run(&mut tx, Verb::Get, cast.row_of(stage, own)).await;
            let foreign = cast.verbs.run(&mut tx, Verb::Get, cast.row_of(stage, other)).await;
            tx.rollback().await?;
            let is_found = matches!(&found, Ok(Answer::Rows(rows)) if rows.len() == 1);
            let is_hidden = matches!(&foreign, Ok(Answer::Rows(rows)) if rows.is_empty());
            report.attempt((!is_found || !is_hidden).then(|| {
                let what = "a statement that was prepared before answered for another tenant, or \
                            not at all";
                finding(Gravity::Leak, cast, what)
            }));
        }
    }
    Ok(())
}

/// Lets the attacker use the connection after the victim: it sees its own row and no other.
async fn next_is_clean(stage: &Stage, cast: &Cast<'_>, pair: Pair, after: &str) -> Option<Finding> {
    let leak = |what: String| Some(finding(Gravity::Leak, cast, what));
    let own = cast.row_of(stage, pair.attacker);
    let look = async {
        let mut tx = stage.db.tenant(pair.attacker);
        let seen = cast.verbs.run(&mut tx, Verb::List, own).await?;
        // A transaction that was left open would swallow this commit, or refuse the write in it.
        let column = cast.plain_column();
        let verb = column.map_or(Verb::Update, Verb::Patch);
        cast.verbs.run(&mut tx, verb, own).await.map(drop).or_else(|error| {
            // The version has counted on since.
            if error.subject() == Some("version") { Ok(()) } else { Err(error) }
        })?;
        tx.rollback().await?;
        Ok::<_, Error>(seen)
    };
    match look.await {
        Ok(seen) if shows_others(&seen, cast, pair.attacker) => {
            leak(format!("after {after} the next user of the connection sees its tenant's rows"))
        }
        Ok(Answer::Rows(rows)) if rows.is_empty() => {
            leak(format!("after {after} the next user of the connection does not see its own rows"))
        }
        Ok(_) => None,
        Err(error) => {
            leak(format!("after {after} the next user of the connection fails: {}", said(&error)))
        }
    }
}

fn shows_others(seen: &Answer, cast: &Cast<'_>, tenant: TenantId) -> bool {
    let column = cast.table.tenant();
    matches!(seen, Answer::Rows(rows) if rows.iter().any(|row| row[column] != tenant.to_value()))
}

fn finding(gravity: Gravity, cast: &Cast<'_>, what: impl Into<String>) -> Finding {
    Finding::new(gravity, Hand::Connection, place(&cast.table), what, REMEDY)
}
