//! Hears what changed, until the directory is gone.

use std::sync::Weak;
use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, sleep_until, timeout};

use super::directory::Inner;
use crate::{BusEvent, TenantDirectory};

type Events = broadcast::Receiver<BusEvent>;

/// What made the task wake up.
enum Woken {
    Heard(BusEvent),
    /// Time to ask.
    Due,
}

pub(super) async fn follow<D: TenantDirectory>(
    inner: Weak<Inner<D>>,
    mut events: Option<Events>,
    every: Duration,
) {
    let mut revision = None;
    let mut due = Instant::now();
    loop {
        let woken = next(&mut events, due).await;
        let Some(inner) = inner.upgrade() else { return };
        match woken {
            Woken::Heard(BusEvent::Invalidated(change)) => {
                inner.shelf.invalidate(&change);
                continue;
            }
            // Nobody knows what was missed, unless the source does.
            Woken::Heard(BusEvent::Gap) if revision.is_none_or(|revision| revision == 0) => {
                inner.shelf.forget_all();
                continue;
            }
            Woken::Heard(BusEvent::Gap) => {
                if !catch_up(&inner, &mut revision, every).await {
                    inner.shelf.forget_all();
                }
            }
            Woken::Due => {
                catch_up(&inner, &mut revision, every).await;
            }
        }
        due = Instant::now() + every;
    }
}

/// Waits for the bus or the time, whichever comes first.
async fn next(events: &mut Option<Events>, due: Instant) -> Woken {
    let Some(receiver) = events else {
        sleep_until(due).await;
        return Woken::Due;
    };
    tokio::select! {
        heard = receiver.recv() => match heard {
            Ok(event) => Woken::Heard(event),
            Err(RecvError::Lagged(_)) => Woken::Heard(BusEvent::Gap),
            Err(RecvError::Closed) => {
                *events = None;
                Woken::Heard(BusEvent::Gap)
            }
        },
        () = sleep_until(due) => Woken::Due,
    }
}

/// Asks the source what changed; tells whether it said so.
async fn catch_up<D: TenantDirectory>(
    inner: &Inner<D>,
    revision: &mut Option<i64>,
    every: Duration,
) -> bool {
    let patience = every.max(Duration::from_millis(100));
    let asked = timeout(patience, inner.source.changes_since(revision.unwrap_or(0))).await;
    let changes = match asked {
        Ok(Ok(changes)) => changes,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the directory does not say what changed");
            return false;
        }
        Err(_) => return false,
    };
    match changes.invalidations {
        // What was remembered before the first answer may be older than it.
        _ if revision.is_none() && changes.revision > 0 => inner.shelf.forget_all(),
        None => inner.shelf.forget_all(),
        Some(all) => all.iter().for_each(|change| inner.shelf.invalidate(change)),
    }
    // A source that was put back from a copy begins anew: so does what is remembered.
    if revision.is_some_and(|before| changes.revision < before) {
        inner.shelf.forget_all();
    }
    *revision = Some(changes.revision);
    true
}
