use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tenancy_core::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use super::door::Door;
use super::gate::{closed, wait};
use super::lane::Lane;
use crate::backend::Pools;
use crate::options::TenantDbOptions;

/// The connections of all tenants that have a database of their own, under one budget.
///
/// A connection is opened when one is needed and none is idle. When the budget is used up, the
/// one that has been idle the longest is closed, whoever's it is; when none is idle, callers wait
/// in their order, and what is given back is closed for them.
#[derive(Clone)]
pub(super) struct Dedicated(Arc<Shared>);

struct Shared {
    budget: Arc<Semaphore>,
    size: u32,
    /// Who waits for a part of the budget.
    waiting: AtomicUsize,
    each: usize,
    idle_for: Duration,
    is_reaped: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The one given back last is at the end.
    idle: VecDeque<Idle>,
    queues: HashMap<Door, Arc<Semaphore>>,
    is_closed: bool,
}

struct Idle {
    door: Door,
    lane: Lane,
    since: Instant,
}

/// Which way a connection came.
pub(super) enum Taken {
    /// It was idle.
    Idle(Lent),
    /// There is none: one may be opened.
    None(Turn),
}

/// A place in a tenant's queue.
pub(super) struct Turn {
    door: Door,
    slot: OwnedSemaphorePermit,
}

impl Dedicated {
    pub(super) fn new(options: &TenantDbOptions) -> Self {
        let size = options.dedicated_connections;
        Self(Arc::new(Shared {
            budget: Arc::new(Semaphore::new(size as usize)),
            size,
            waiting: AtomicUsize::new(0),
            each: options.dedicated_per_tenant as usize,
            idle_for: options.dedicated_idle,
            is_reaped: AtomicBool::new(false),
            state: Mutex::default(),
        }))
    }

    /// Waits for the tenant's turn, and takes an idle connection if there is one.
    pub(super) async fn take(&self, door: Door, deadline: Instant) -> Result<Taken, Error> {
        self.keep_reaping();
        let width = door.width(self.0.each);
        let queue = {
            let mut state = self.0.state();
            if state.is_closed {
                return Err(closed());
            }
            state.queues.entry(door).or_insert_with(|| Arc::new(Semaphore::new(width))).clone()
        };
        let slot = wait(&queue, deadline).await?;
        Ok(self.take_idle(Turn { door, slot }))
    }

    /// Takes an idle connection if there is one by now.
    pub(super) fn take_idle(&self, turn: Turn) -> Taken {
        let mut state = self.0.state();
        match state.idle.iter().rposition(|idle| idle.door == turn.door) {
            Some(at) => {
                let idle = state.idle.remove(at).expect("it was just found");
                Taken::Idle(self.lend(turn, idle.lane))
            }
            None => Taken::None(turn),
        }
    }

    /// Waits for a part of the budget and opens a connection.
    pub(super) async fn open(
        &self,
        turn: Turn,
        open: impl FnOnce() -> Result<Pools, Error>,
        deadline: Instant,
    ) -> Result<Lent, Error> {
        let permit = self.0.permit(deadline).await?;
        Ok(self.lend(turn, Lane::new(open()?, permit)))
    }

    /// Closes all connections, after the transactions in flight have ended.
    pub(super) async fn close(&self) {
        let idle = {
            let mut state = self.0.state();
            state.is_closed = true;
            std::mem::take(&mut state.idle)
        };
        for idle in idle {
            idle.lane.close();
        }
        // All of it is here only when nothing is open any more.
        let _ = self.0.budget.acquire_many(self.0.size).await;
        self.0.budget.close();
    }

    fn lend(&self, turn: Turn, lane: Lane) -> Lent {
        Lent(Arc::new(Loan {
            lane: Some(lane),
            is_bad: AtomicBool::new(false),
            door: turn.door,
            shared: self.0.clone(),
            _slot: turn.slot,
        }))
    }

    /// Makes sure that somebody closes what is idle for long.
    fn keep_reaping(&self) {
        if !self.0.is_reaped.swap(true, Ordering::Relaxed) {
            let pause = (self.0.idle_for / 2).max(Duration::from_millis(10));
            tokio::spawn(reap(Arc::downgrade(&self.0), pause));
        }
    }
}

async fn reap(shared: Weak<Shared>, pause: Duration) {
    loop {
        sleep(pause).await;
        let Some(shared) = shared.upgrade() else { return };
        let mut state = shared.state();
        let long_ago = |idle: &mut Idle| idle.since.elapsed() >= shared.idle_for;
        while let Some(idle) = state.idle.pop_front_if(long_ago) {
            idle.lane.close();
        }
        // Whoever waits or has a place holds the queue too.
        state.queues.retain(|_, queue| Arc::strong_count(queue) > 1);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a part of the budget.
    async fn permit(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = self.budget.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let _waiting = Waiting::new(&self.waiting);
        // In the queue first: what is closed for this caller shall not go to a newcomer.
        let evict = async { self.evict() };
        tokio::join!(biased; wait(&self.budget, deadline), evict).0
    }

    /// Closes the connection that has been idle the longest.
    fn evict(&self) {
        let idle = self.state().idle.pop_front();
        if let Some(idle) = idle {
            idle.lane.close();
        }
    }
}

/// A connection in use. The last copy gives it back.
#[derive(Clone)]
pub(super) struct Lent(Arc<Loan>);

struct Loan {
    /// Here until it is given back.
    lane: Option<Lane>,
    is_bad: AtomicBool,
    door: Door,
    shared: Arc<Shared>,
    /// Given back behind the lane: who is next finds it.
    _slot: OwnedSemaphorePermit,
}

impl Lent {
    pub(super) fn pools(&self) -> &Pools {
        &self.0.lane.as_ref().expect("it is given back when the last copy is dropped").pools
    }

    /// Gives it to nobody afterwards.
    pub(super) fn is_bad(&self) {
        self.0.is_bad.store(true, Ordering::Relaxed);
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        // Looked at under the lock: whoever waits has said so before it looks for an idle one.
        let mut state = self.shared.state();
        let is_wanted = self.shared.waiting.load(Ordering::SeqCst) > 0;
        if *self.is_bad.get_mut() || lane.is_old() || is_wanted || state.is_closed {
            drop(state);
            lane.close();
        } else {
            state.idle.push_back(Idle { door: self.door, lane, since: Instant::now() });
        }
    }
}

/// Counts a caller as waiting, until it is served or gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
