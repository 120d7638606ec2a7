use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use crate::usage::Usage;

/// A count that threads add to without getting in each other's way.
pub(super) struct Stripes {
    stripes: Box<[Stripe]>,
    /// Amounts that could make a stripe go round.
    large: Mutex<u64>,
}

/// Alone on its cache lines; two, because processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

/// A stripe would need more additions than that between two drains to go round.
const SMALL: u64 = u32::MAX as u64;

impl Stripes {
    pub(super) fn new() -> Self {
        // More than eight cost memory for each series, and threads seldom meet at eight.
        static COUNT: LazyLock<usize> = LazyLock::new(|| {
            let threads = thread::available_parallelism().map_or(1, usize::from);
            threads.next_power_of_two().min(8)
        });
        let stripes = (0..*COUNT).map(|_| Stripe::default()).collect();
        Self { stripes, large: Mutex::new(0) }
    }

    pub(super) fn add(&self, count: u64) {
        if count > SMALL {
            return self.add_large(count);
        }
        // A power of two. Only the sum matters, and a drain misses nothing that it does not find
        // the next time.
        let at = THREAD.with(|number| *number) & (self.stripes.len() - 1);
        self.stripes[at].0.fetch_add(count, Ordering::Relaxed);
    }

    #[cold]
    fn add_large(&self, count: u64) {
        let mut large = self.large.lock().unwrap_or_else(PoisonError::into_inner);
        *large = large.saturating_add(count).min(Usage::MAX_COUNT);
    }

    /// Takes what there is, and leaves nothing.
    pub(super) fn drain(&self) -> u64 {
        let large = std::mem::take(&mut *self.large.lock().unwrap_or_else(PoisonError::into_inner));
        let stripes = self.stripes.iter().map(|stripe| stripe.0.swap(0, Ordering::Relaxed));
        stripes.fold(large, u64::saturating_add).min(Usage::MAX_COUNT)
    }
}

thread_local! {
    /// Numbers threads as they come, so that neighbours take different stripes.
    static THREAD: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_lose_nothing_while_it_is_drained() {
        let stripes = Stripes::new();
        let drained = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100_000).for_each(|_| stripes.add(1)));
            }
            scope.spawn(|| {
                for _ in 0..1_000 {
                    drained.fetch_add(stripes.drain(), Ordering::Relaxed);
                }
            });
        });
        assert_eq!(drained.into_inner() + stripes.drain(), 400_000);
    }

    #[test]
    fn it_does_not_go_round() {
        let stripes = Stripes::new();
        for _ in 0..4 {
            stripes.add(u64::MAX);
        }
        assert_eq!(stripes.drain(), Usage::MAX_COUNT);
        assert_eq!(stripes.drain(), 0);
    }
}
