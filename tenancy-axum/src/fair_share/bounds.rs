use std::num::NonZeroU32;

/// How much is served at once, and how much may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) slots: NonZeroU32,
    /// The most that one party has of them.
    pub(super) slots_each: NonZeroU32,
    pub(super) waiting: usize,
    pub(super) waiting_each: usize,
}

impl Bounds {
    pub(super) fn new(slots: NonZeroU32) -> Self {
        let turns = |turns| slots.saturating_mul(turns).get() as usize;
        Self {
            slots,
            slots_each: slots,
            // Who would wait for more than four rounds alone is better told to come back.
            waiting: turns(FOUR.saturating_mul(FOUR)),
            waiting_each: turns(FOUR),
        }
    }
}

const FOUR: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0");
