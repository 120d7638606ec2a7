use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// Time in slots, divided by the weight of whose it is: nanoseconds times 2^32.
pub(super) type Virtual = u128;

/// The number of an arrival.
pub(super) type Ticket = u64;

pub(super) fn virtual_time(time: Duration, times: u32, weight: u64) -> Virtual {
    let nanos = time.as_nanos().saturating_mul(times.into());
    nanos.saturating_mul(1 << 32) / u128::from(weight.max(1))
}

/// What one party has and waits for.
pub(super) struct Share<T> {
    pub(super) weight: NonZeroU32,
    /// The slot time it has had while others waited.
    pub(super) spent: Virtual,
    /// Until when `spent` counts.
    counted: Duration,
    pub(super) running: u32,
    pub(super) waiting: BTreeMap<Ticket, T>,
    /// Where it stands in the scheduler's orders.
    pub(super) turn: Option<(Virtual, Ticket)>,
    pub(super) length: Option<u64>,
}

impl<T> Share<T> {
    pub(super) fn new(weight: NonZeroU32, contended: Duration) -> Self {
        Self {
            weight,
            spent: 0,
            counted: contended,
            running: 0,
            waiting: BTreeMap::new(),
            turn: None,
            length: None,
        }
    }

    /// Counts what has been running since the last time; all is contended time.
    pub(super) fn count(&mut self, contended: Duration) {
        let passed = contended.saturating_sub(self.counted);
        self.spent += virtual_time(passed, self.running, self.weight.get().into());
        self.counted = contended;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running == 0 && self.waiting.is_empty()
    }

    /// Returns when its next request would be done: what is running and this one are taken to
    /// last for as long as is typical.
    pub(super) fn finish(&self, typical: Duration) -> Virtual {
        let running = self.running.saturating_add(1);
        self.spent + virtual_time(typical, running, self.weight.get().into())
    }

    /// Returns how many wait, by weight.
    pub(super) fn relative_length(&self, waiting: usize) -> u64 {
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        waiting.saturating_mul(1 << 32) / u64::from(self.weight.get())
    }
}
