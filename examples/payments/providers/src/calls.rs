use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use serde::Serialize;

/// How often each operation was called, by all and by each account.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<BTreeMap<String, Count>>);

/// The calls of an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    total: u64,
    by_account: BTreeMap<String, u64>,
}

impl Calls {
    pub(crate) fn count(&self, operation: &str, account: &str) {
        let mut all = self.all();
        let count = all.entry(operation.to_owned()).or_default();
        count.total += 1;
        *count.by_account.entry(account.to_owned()).or_default() += 1;
    }

    pub(crate) fn list(&self) -> BTreeMap<String, Count> {
        self.all().clone()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Count>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_counted_apart() {
        let calls = Calls::default();
        for (operation, account) in
            [("pay", "one"), ("pay", "two"), ("pay", "one"), ("void", "two")]
        {
            calls.count(operation, account);
        }
        let all = calls.list();
        assert_eq!((all["pay"].total, all["void"].total), (3, 1));
        assert_eq!((all["pay"].by_account["one"], all["pay"].by_account["two"]), (2, 1));
    }
}
