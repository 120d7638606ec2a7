use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenancy_core::Clock;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use super::answer::{Answer, answers};
use super::asked::Asked;
use crate::failure::Failure;
use crate::request::Request;
use crate::scripts::LIMITS;
use crate::slot::Slot;
use crate::{RedisStore, keys};

/// Sends calls to the script, those that wait at the same time in one batch.
///
/// A call that finds nobody on the way is sent at once. While one is on its way others wait, and
/// go together when it is back: nothing is slower for it on an idle server, and a busy one runs
/// one script where it ran sixty-four. When many wait, a second batch goes before the first is
/// back: the server works on one while callers make the next. The script decides calls one after
/// the other, as if they had come alone.
///
/// In a cluster a script takes keys of one slot alone. So calls wait for those of their own slot,
/// or of slots beside it, which the same server has: none waits for a server that is away.
#[derive(Debug)]
pub(super) struct Batches(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: RedisStore,
    clock: Option<Arc<dyn Clock>>,
    memory: Memory,
    lanes: Box<[Mutex<Lane>]>,
}

/// What the script takes for granted about what Redis remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// What is not there was never charged.
    Trusted,
    /// What is not there may have been lost, when a server took over.
    Fenced,
}

/// What waits for a batch that is on its way.
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
    /// So many tasks send what waits.
    Tasks(usize),
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
/// How many calls are worth a second batch beside one that is on its way.
const MANY: usize = 16;
/// How many batches are on their way at most.
const MOST_TASKS: usize = 2;
/// How many slots of a cluster share a lane.
const SLOTS_A_LANE: usize = 16;
/// How much longer than it counts a key lives, in milliseconds.
const GRACE: u32 = 1_000;
/// The same when a test's clock stands still while the server's runs.
const GRACE_OF_A_SIMULATION: u32 = 600_000;
/// What the script can store of a time: 52 bits of microseconds, enough until the year 2112.
const LAST_MICROS: i64 = (1 << 52) - 1;

impl Batches {
    pub(super) fn over(store: RedisStore, clock: Option<Arc<dyn Clock>>, memory: Memory) -> Self {
        let count = if store.is_cluster() { Slot::COUNT / SLOTS_A_LANE } else { 1 };
        let lanes = (0..count).map(|_| Mutex::default()).collect();
        Self(Arc::new(Shared { store, clock, memory, lanes }))
    }

    /// Sends a call, and returns the answer to it within the deadline.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been decided. Those that wait for it go on.
    pub(super) async fn send(&self, mut asked: Asked) -> Result<Answer, Failure> {
        let deadline = self.0.store.options().deadline;
        let until = Instant::now() + deadline;
        let mut place = 0;
        if self.0.store.is_cluster() {
            asked.slot = asked.keys.first().map(|key| Slot::of(key.as_bytes()));
            place = asked.slot.map_or(0, |slot| slot.index() / SLOTS_A_LANE);
        }
        match self.0.enter(place, asked, until) {
            Turn::Now(asked, turn) => {
                let _mine = CallersTurn { shared: self.0.clone(), place, turn };
                let mut answers = self.0.decide(&[asked], until).await?;
                answers.pop().unwrap_or(Err(Failure::Down))
            }
            // The task keeps to the deadline of whoever waits the longest.
            Turn::BehindTask(answered) => answered.await.unwrap_or(Err(Failure::Down)),
            Turn::BehindCaller(answered, turn) => {
                let answer = timeout_at(until, answered).await;
                answer
                    .unwrap_or_else(|_| {
                        self.0.take_over(place, turn);
                        Ok(Err(Failure::Late(deadline)))
                    })
                    .unwrap_or(Err(Failure::Down))
            }
        }
    }
}

/// Whether a call goes at once, or with the next batch; and behind whom.
enum Turn {
    Now(Asked, u64),
    BehindTask(oneshot::Receiver<Result<Answer, Failure>>),
    /// Nobody may poll the caller any more: then its turn ends with the deadline.
    BehindCaller(oneshot::Receiver<Result<Answer, Failure>>, u64),
}

impl Shared {
    /// Held for a moment, never over an await.
    fn lane(&self, place: usize) -> MutexGuard<'_, Lane> {
        self.lanes[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, place: usize, asked: Asked, until: Instant) -> Turn {
        let mut lane = self.lane(place);
        if lane.taken == Taken::Nobody {
            lane.take(Taken::Caller);
            return Turn::Now(asked, lane.turn);
        }
        let (answer, answered) = oneshot::channel();
        lane.waiting.push(Waiting { asked, until, answer });
        let Taken::Tasks(tasks) = lane.taken else {
            return Turn::BehindCaller(answered, lane.turn);
        };
        if tasks < MOST_TASKS && lane.waiting.len() >= MANY {
            self.send_more(place, lane, tasks);
        }
        Turn::BehindTask(answered)
    }

    /// Ends the turn of a caller that nobody polls: it would hold up all others.
    fn take_over(self: &Arc<Self>, place: usize, turn: u64) {
        let lane = self.lane(place);
        if lane.turn == turn && lane.taken == Taken::Caller {
            self.go_on(place, lane, 0);
        }
    }

    /// Has a task send what waits, or frees the lane, when so many tasks are left.
    fn go_on(self: &Arc<Self>, place: usize, mut lane: MutexGuard<'_, Lane>, tasks: usize) {
        if tasks > 0 {
            lane.take(Taken::Tasks(tasks));
        } else if lane.waiting.is_empty() {
            lane.take(Taken::Nobody);
        } else {
            self.send_more(place, lane, 0);
        }
    }

    /// Has one more task send what waits.
    fn send_more(self: &Arc<Self>, place: usize, mut lane: MutexGuard<'_, Lane>, tasks: usize) {
        let Ok(runtime) = Handle::try_current() else {
            // The runtime ends: so do those that wait, and hear that it is down.
            lane.waiting.clear();
            lane.take(if tasks > 0 { Taken::Tasks(tasks) } else { Taken::Nobody });
            return;
        };
        lane.take(Taken::Tasks(tasks + 1));
        drop(lane);
        let turn = TasksTurn { shared: self.clone(), place, has_begun: false };
        runtime.spawn(self.clone().drain(turn));
    }

    /// Sends what waits, a batch after the other, until nobody does.
    async fn drain(self: Arc<Self>, mut turn: TasksTurn) {
        turn.has_begun = true;
        loop {
            let batch = self.lane(turn.place).next_batch();
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
            // Who was answered may ask again, and goes along.
            yield_now().await;
        }
    }

    /// Sends calls whose keys share a slot.
    async fn decide(
        &self,
        batch: &[Asked],
        until: Instant,
    ) -> Result<Vec<Result<Answer, Failure>>, Failure> {
        let request = self.request(batch);
        let reply = self.store.send_until(&request, until).await?;
        answers(&reply.numbers()?, batch)
    }

    fn request(&self, batch: &[Asked]) -> Request {
        let is_fenced = self.memory == Memory::Fenced;
        let keys: usize = batch.iter().map(|asked| asked.keys.len()).sum();
        let mut request = Request::call(&LIMITS, keys + usize::from(is_fenced));
        for key in batch.iter().flat_map(|asked| &asked.keys) {
            request.arg(key);
        }
        if is_fenced {
            request.arg(keys::epoch(batch.first().and_then(|asked| asked.slot)));
            request.only_where_all_is_kept();
        }
        match &self.clock {
            Some(clock) => {
                request.arg(clock.now_micros().clamp(0, LAST_MICROS)).arg(GRACE_OF_A_SIMULATION)
            }
            None => request.arg("").arg(GRACE),
        };
        request.arg(i32::from(is_fenced));
        for asked in batch {
            request.arg(&asked.packed);
        }
        request
    }
}

impl Lane {
    fn take(&mut self, taken: Taken) {
        self.taken = taken;
        self.turn += 1;
    }

    /// Takes the next calls that go together: those of the first one's slot, in their order.
    fn next_batch(&mut self) -> Vec<Waiting> {
        // Who went away is not charged.
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
        let Some(slot) = self.waiting.first().map(|first| first.asked.slot) else {
            return Vec::new();
        };
        let is_other = |waiting: &Waiting| waiting.asked.slot != slot;
        if slot.is_none() || !self.waiting.iter().any(is_other) {
            let count = self.waiting.len().min(MOST);
            return self.waiting.drain(..count).collect();
        }
        self.waiting.extract_if(.., |waiting| !is_other(waiting)).take(MOST).collect()
    }
}

/// The lane is a caller's as long as it lives. Then the next batch goes, or the lane is free.
struct CallersTurn {
    shared: Arc<Shared>,
    place: usize,
    turn: u64,
}

impl Drop for CallersTurn {
    fn drop(&mut self) {
        let lane = self.shared.lane(self.place);
        if lane.turn == self.turn {
            self.shared.go_on(self.place, lane, 0);
        }
    }
}

/// A task sends as long as it lives. Then another one does, if somebody waits.
struct TasksTurn {
    shared: Arc<Shared>,
    place: usize,
    /// One that never ran was dropped by a runtime that ends: nobody is there to send.
    has_begun: bool,
}

impl Drop for TasksTurn {
    fn drop(&mut self) {
        let mut lane = self.shared.lane(self.place);
        let Taken::Tasks(tasks) = lane.taken else { return };
        if !self.has_begun {
            lane.waiting.clear();
        }
        self.shared.go_on(self.place, lane, tasks.saturating_sub(1));
    }
}
