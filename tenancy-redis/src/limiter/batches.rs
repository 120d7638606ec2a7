use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenancy_core::Clock;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::answer::{Answer, answers};
use super::asked::Asked;
use crate::RedisStore;
use crate::failure::Failure;
use crate::scripts::LIMITS;
use crate::transport::Request;

/// Sends calls to the script, those that wait at the same time in one batch.
///
/// A call that finds nobody on the way is sent at once. While one is on its way others wait, and
/// go together when it is back: nothing is slower for it on an idle server, and a busy one runs
/// one script where it ran sixty-four. The script decides them one after the other, as if they
/// had come alone.
#[derive(Debug)]
pub(super) struct Batches(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: RedisStore,
    clock: Option<Arc<dyn Clock>>,
    lane: Mutex<Lane>,
}

/// What waits for the one batch that is on its way.
#[derive(Debug, Default)]
struct Lane {
    is_busy: bool,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    asked: Asked,
    /// When the caller must have its answer.
    until: Instant,
    answer: oneshot::Sender<Result<Answer, Failure>>,
}

/// The most calls of a batch: it keeps the server for a fifth of a millisecond.
const MOST: usize = 64;
/// How much longer than it counts a key lives, in milliseconds.
const GRACE: u32 = 1_000;
/// The same when a test's clock stands still while the server's runs.
const GRACE_OF_A_SIMULATION: u32 = 600_000;
/// What the script can store of a time: 52 bits of microseconds, enough until the year 2112.
const LAST_MICROS: i64 = (1 << 52) - 1;

impl Batches {
    pub(super) fn over(store: RedisStore, clock: Option<Arc<dyn Clock>>) -> Self {
        Self(Arc::new(Shared { store, clock, lane: Mutex::default() }))
    }

    /// Sends a call, and returns the answer to it within the deadline.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been decided. Those that wait for it go on.
    pub(super) async fn send(&self, asked: Asked) -> Result<Answer, Failure> {
        let until = Instant::now() + self.0.store.options().deadline;
        match self.0.enter(asked, until) {
            Turn::Later(answered) => answered.await.unwrap_or(Err(Failure::Down)),
            Turn::Now(asked) => {
                let _busy = Busy(self.0.clone());
                let mut answers = self.0.decide(&[asked], until).await?;
                answers.pop().unwrap_or(Err(Failure::Down))
            }
        }
    }
}

/// Whether a call goes at once, or with the next batch.
enum Turn {
    Now(Asked),
    Later(oneshot::Receiver<Result<Answer, Failure>>),
}

impl Shared {
    /// Held for a moment, never over an await.
    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, asked: Asked, until: Instant) -> Turn {
        let mut lane = self.lane();
        if !mem::replace(&mut lane.is_busy, true) {
            return Turn::Now(asked);
        }
        let (answer, answered) = oneshot::channel();
        lane.waiting.push(Waiting { asked, until, answer });
        Turn::Later(answered)
    }

    /// Sends what waits, a batch after the other, until nobody does.
    async fn drain(self: Arc<Self>) {
        let _busy = Busy(self.clone());
        loop {
            let batch = {
                let mut lane = self.lane();
                // Who went away is not charged.
                lane.waiting.retain(|waiting| !waiting.answer.is_closed());
                let count = lane.waiting.len().min(MOST);
                lane.waiting.drain(..count).collect::<Vec<_>>()
            };
            // The first has waited the longest.
            let Some(until) = batch.first().map(|first| first.until) else { return };
            let (asked, callers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|waiting| (waiting.asked, waiting.answer)).unzip();
            // An error means that the caller went away.
            match self.decide(&asked, until).await {
                Ok(answers) => {
                    for (caller, answer) in callers.into_iter().zip(answers) {
                        let _ = caller.send(answer);
                    }
                }
                Err(failure) => {
                    for caller in callers {
                        let _ = caller.send(Err(failure.clone()));
                    }
                }
            }
        }
    }

    async fn decide(
        &self,
        batch: &[Asked],
        until: Instant,
    ) -> Result<Vec<Result<Answer, Failure>>, Failure> {
        let keys = batch.iter().map(|asked| asked.keys.len()).sum();
        let mut request = Request::call(&LIMITS, keys);
        for key in batch.iter().flat_map(|asked| &asked.keys) {
            request.arg(key);
        }
        match &self.clock {
            Some(clock) => {
                request.arg(clock.now_micros().clamp(0, LAST_MICROS)).arg(GRACE_OF_A_SIMULATION)
            }
            None => request.arg("").arg(GRACE),
        };
        for asked in batch {
            request.arg(&asked.packed);
        }
        let reply = self.store.send_until(&request, until).await?;
        answers(&reply.numbers()?, batch)
    }
}

/// The lane is taken as long as it lives. Then the next batch goes, or the lane is free.
struct Busy(Arc<Shared>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut lane = self.0.lane();
        if lane.waiting.is_empty() {
            lane.is_busy = false;
        } else if let Ok(runtime) = Handle::try_current() {
            drop(lane);
            runtime.spawn(self.0.clone().drain());
        } else {
            // The runtime ends: so do those that wait, and hear that it is down.
            lane.waiting.clear();
            lane.is_busy = false;
        }
    }
}
