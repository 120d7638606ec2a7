//! What the cells stand on. The model checker puts its own in this place.

pub(super) use std::hint::spin_loop;
pub(super) use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
pub(super) use std::thread::yield_now;

/// Looks without asking for the cache line: what is seen may be old.
pub(super) fn is_seen_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}

/// How often a taken turnstile is looked at before another thread may run.
pub(super) const LOOKS: u32 = 64;
