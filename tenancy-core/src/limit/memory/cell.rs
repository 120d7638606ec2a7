//! The atomics of what handles charge without the limiter's lock.
//!
//! Nothing here knows what the words mean: so it is also compiled for a model checker, which runs
//! every interleaving of it (`tests/src/limits/interleavings.rs`).

use super::atomics::{AtomicBool, AtomicI64, LOOKS, Ordering, is_seen_set, spin_loop, yield_now};

/// Lets one decision at a time use the cells of a tenant: so several limits are charged all or
/// none.
///
/// Taking a turn is one compare-and-swap, ending it is one store. It is not fair; what is done in a turn
/// takes some nanoseconds, and who waits long lets other threads run.
#[derive(Debug)]
pub(super) struct Turnstile {
    is_taken: AtomicBool,
}

/// A turn, until it is dropped.
pub(super) struct Turn<'a>(&'a Turnstile);

impl Turnstile {
    pub(super) fn new() -> Self {
        Self { is_taken: AtomicBool::new(false) }
    }

    #[inline]
    pub(super) fn take(&self) -> Turn<'_> {
        if !self.try_take() {
            self.wait();
        }
        Turn(self)
    }

    #[inline]
    fn try_take(&self) -> bool {
        self.is_taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn wait(&self) {
        let mut looks = 0;
        while is_seen_set(&self.is_taken) || !self.try_take() {
            looks += 1;
            if looks < LOOKS {
                spin_loop();
            } else {
                looks = 0;
                yield_now();
            }
        }
    }
}

impl Drop for Turn<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.is_taken.store(false, Ordering::Release);
    }
}

/// Two words that are read and written in a turn.
#[derive(Debug)]
pub(super) struct Cell {
    words: [AtomicI64; 2],
    is_retired: AtomicBool,
}

impl Cell {
    pub(super) fn new(words: [i64; 2]) -> Self {
        Self { words: words.map(AtomicI64::new), is_retired: AtomicBool::new(false) }
    }

    /// Returns the words; `None` when they count no more.
    #[inline]
    pub(super) fn read(&self, _: &Turn<'_>) -> Option<[i64; 2]> {
        if self.is_retired.load(Ordering::Relaxed) {
            return None;
        }
        Some([&self.words[0], &self.words[1]].map(|word| word.load(Ordering::Relaxed)))
    }

    #[inline]
    pub(super) fn write(&self, _: &Turn<'_>, words: [i64; 2]) {
        self.words[0].store(words[0], Ordering::Relaxed);
        self.words[1].store(words[1], Ordering::Relaxed);
    }

    /// Lets the words count no more, for all that hold the cell.
    pub(super) fn retire(&self, _: &Turn<'_>) {
        self.is_retired.store(true, Ordering::Relaxed);
    }
}
