use std::sync::{Mutex, MutexGuard};

/// How much may be tried again: a part of what is tried for the first time, and a little at the
/// start. When everything fails, retries stop; they do not double the load on who is down.
///
/// ```
/// use kit::resilience::RetryBudget;
///
/// let budget = RetryBudget::new(2, 10);
/// assert!(budget.withdraw() && budget.withdraw());
/// assert!(!budget.withdraw(), "the start is spent");
/// for _ in 0..10 {
///     budget.deposit();
/// }
/// assert!(budget.withdraw(), "ten first tries pay for one more");
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    /// In parts of a retry.
    left: Mutex<u32>,
    per_retry: u32,
    most: u32,
}

impl RetryBudget {
    /// Begins with so many retries, and never saves more; so many first tries pay for one.
    pub const fn new(most: u32, tries_per_retry: u32) -> Self {
        let most = most.saturating_mul(tries_per_retry);
        Self { left: Mutex::new(most), per_retry: tries_per_retry, most }
    }

    /// Notes a first try.
    pub fn deposit(&self) {
        let mut left = self.left();
        *left = left.saturating_add(1).min(self.most);
    }

    /// Pays for a retry; `false` when there is nothing left for it.
    pub fn withdraw(&self) -> bool {
        let mut left = self.left();
        match left.checked_sub(self.per_retry) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }

    fn left(&self) -> MutexGuard<'_, u32> {
        self.left.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_all_fails_a_tenth_is_tried_again_and_no_more() {
        let budget = RetryBudget::new(5, 10);
        let retries = (0..1_000).filter(|_| {
            budget.deposit();
            budget.withdraw()
        });
        assert_eq!(retries.count(), 5 + 99, "the first deposit finds a full purse");
    }

    #[test]
    fn savings_are_bounded() {
        let budget = RetryBudget::new(1, 10);
        (0..1_000).for_each(|_| budget.deposit());
        assert!(budget.withdraw());
        assert!(!budget.withdraw());
    }
}
