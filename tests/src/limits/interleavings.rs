//! Every interleaving of what handles and calls by key do to shared buckets.
//!
//! The atomics of the limiter are compiled once more, on those of loom, which stops each thread
//! before each of them and lets every other one go first.

use loom::sync::Arc;
use loom::thread;

/// loom's, in place of the standard library's.
mod atomics {
    pub(super) use loom::hint::spin_loop;
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicI64, Ordering};
    pub(super) use loom::thread::yield_now;

    /// What is seen may be old for as long as one likes, and the model would look that long.
    pub(super) fn is_seen_set(_: &AtomicBool) -> bool {
        false
    }

    /// A thread that waits lets the others run at once: else it waits without end.
    pub(super) const LOOKS: u32 = 1;
}

#[path = "../../../tenancy-core/src/limit/memory/cell.rs"]
mod cell;

use cell::{Cell, Turnstile};

/// Two tenants, each with two limits that are charged together.
struct Tenant {
    turnstile: Turnstile,
    /// How much is used, and by whom last.
    limits: [Cell; 2],
}

const MOST: [i64; 2] = [2, 1];

impl Tenant {
    fn new() -> Arc<Self> {
        let limits = [Cell::new([0, 0]), Cell::new([0, 0])];
        Arc::new(Self { turnstile: Turnstile::new(), limits })
    }

    /// Charges both, or none: what a handle does.
    fn charge(&self, who: i64) -> Option<bool> {
        let turn = self.turnstile.take();
        let used = [self.limits[0].read(&turn)?, self.limits[1].read(&turn)?];
        if used.iter().zip(MOST).any(|([used, _], most)| *used >= most) {
            return Some(false);
        }
        for (limit, [used, _]) in self.limits.iter().zip(used) {
            limit.write(&turn, [used + 1, who]);
        }
        Some(true)
    }

    fn used(&self) -> [[i64; 2]; 2] {
        let turn = self.turnstile.take();
        [&self.limits[0], &self.limits[1]].map(|limit| limit.read(&turn).expect("not retired"))
    }
}

#[test]
fn two_threads_charge_all_or_none_and_never_too_much() {
    loom::model(|| {
        let (harbor, riverside) = (Tenant::new(), Tenant::new());
        let callers: Vec<_> = (1..=2)
            .map(|who| {
                let (harbor, riverside) = (harbor.clone(), riverside.clone());
                thread::spawn(move || {
                    let admitted = harbor.charge(who).expect("not retired");
                    if who == 1 {
                        assert_eq!(riverside.charge(who), Some(true), "nobody else asks there");
                    }
                    admitted
                })
            })
            .collect();
        let admitted: Vec<_> =
            callers.into_iter().map(|caller| caller.join().expect("it ends")).collect();
        assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 1, "one fits both");
        let [[first, by], [second, also_by]] = harbor.used();
        assert_eq!((first, second), (1, 1), "both limits are charged once");
        assert_eq!(by, also_by, "by one and the same");
        assert_eq!(riverside.used(), [[1, 1]; 2]);
    });
}

#[test]
fn what_was_charged_before_a_cell_is_retired_is_found_and_nothing_after_it() {
    loom::model(|| {
        let (harbor, riverside) = (Tenant::new(), Tenant::new());
        let caller = {
            let (harbor, riverside) = (harbor.clone(), riverside.clone());
            thread::spawn(move || (harbor.charge(1), riverside.charge(1)))
        };
        // A call by key under another policy takes the count with it.
        let moved = {
            let turn = harbor.turnstile.take();
            let [used, _] = harbor.limits[0].read(&turn).expect("not retired before");
            harbor.limits[0].retire(&turn);
            used
        };
        let (there, elsewhere) = caller.join().expect("it ends");
        assert_eq!(moved, i64::from(there == Some(true)), "a charge is moved, or was not made");
        assert!(there.is_some() == (moved == 1));
        assert_eq!(elsewhere, Some(true), "the other tenant's cells are its own");
        let turn = harbor.turnstile.take();
        assert_eq!(harbor.limits[0].read(&turn), None);
    });
}
