use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenancy_core::Clock;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

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
    taken: Taken,
    /// How often the lane was taken: whose turn is over leaves it alone.
    turn: u64,
    waiting: Vec<Waiting>,
}

/// Who sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Taken {
    #[default]
    Nobody,
    /// A caller sends its own call, as long as somebody polls it.
    Caller,
    /// A task sends what waits.
    Task,
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
        let deadline = self.0.store.options().deadline;
        let until = Instant::now() + deadline;
        match self.0.enter(asked, until) {
            Turn::Now(asked, turn) => {
                let _busy = Busy { shared: self.0.clone(), turn };
                let mut answers = self.0.decide(&[asked], until).await?;
                answers.pop().unwrap_or(Err(Failure::Down))
            }
            Turn::Later(answered, turn) => {
                let answer = timeout_at(until, answered).await;
                answer
                    .unwrap_or_else(|_| {
                        self.0.take_over(turn);
                        Ok(Err(Failure::Late(deadline)))
                    })
                    .unwrap_or(Err(Failure::Down))
            }
        }
    }
}

/// Whether a call goes at once, or with the next batch; and whose turn it is.
enum Turn {
    Now(Asked, u64),
    Later(oneshot::Receiver<Result<Answer, Failure>>, u64),
}

impl Shared {
    /// Held for a moment, never over an await.
    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, asked: Asked, until: Instant) -> Turn {
        let mut lane = self.lane();
        if lane.taken == Taken::Nobody {
            lane.take(Taken::Caller);
            return Turn::Now(asked, lane.turn);
        }
        let (answer, answered) = oneshot::channel();
        lane.waiting.push(Waiting { asked, until, answer });
        Turn::Later(answered, lane.turn)
    }

    /// Ends the turn of a caller that nobody polls: it would hold up all others.
    fn take_over(self: &Arc<Self>, turn: u64) {
        let lane = self.lane();
        if lane.turn == turn && lane.taken == Taken::Caller {
            self.go_on(lane);
        }
    }

    /// Has a task send what waits, or frees the lane.
    fn go_on(self: &Arc<Self>, mut lane: MutexGuard<'_, Lane>) {
        if lane.waiting.is_empty() {
            lane.take(Taken::Nobody);
        } else if let Ok(runtime) = Handle::try_current() {
            lane.take(Taken::Task);
            let turn = lane.turn;
            drop(lane);
            runtime.spawn(self.clone().drain(turn));
        } else {
            // The runtime ends: so do those that wait, and hear that it is down.
            lane.waiting.clear();
            lane.take(Taken::Nobody);
        }
    }

    /// Sends what waits, a batch after the other, until nobody does.
    async fn drain(self: Arc<Self>, turn: u64) {
        let _busy = Busy { shared: self.clone(), turn };
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

impl Lane {
    fn take(&mut self, taken: Taken) {
        self.taken = taken;
        self.turn += 1;
    }
}

/// The lane is taken as long as it lives. Then the next batch goes, or the lane is free.
struct Busy {
    shared: Arc<Shared>,
    turn: u64,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let lane = self.shared.lane();
        if lane.turn == self.turn {
            self.shared.go_on(lane);
        }
    }
}
