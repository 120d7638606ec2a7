use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use tenancy_core::TenantId;
use time::OffsetDateTime;

/// The tenants with open questions that this process knows of, when each is looked at next, and
/// which are being looked at.
#[derive(Debug, Default)]
pub(crate) struct OpenWork(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    at: BTreeMap<TenantId, OffsetDateTime>,
    in_order: BTreeSet<(OffsetDateTime, TenantId)>,
    looked_at: BTreeSet<TenantId>,
}

impl OpenWork {
    /// Has a tenant looked at, at this time or before.
    pub(crate) fn note(&self, tenant: TenantId, at: OffsetDateTime) {
        let mut known = self.known();
        match known.at.get(&tenant).copied() {
            Some(before) if before <= at => return,
            Some(before) => drop(known.in_order.remove(&(before, tenant))),
            None => {}
        }
        known.at.insert(tenant, at);
        known.in_order.insert((at, tenant));
    }

    /// Returns the tenant that is due for the longest time, of those that nobody looks at now. It is
    /// nobody else's until it is [`done`](Self::done).
    pub(super) fn take(&self, now: OffsetDateTime) -> Option<TenantId> {
        let mut known = self.known();
        let mut due = known.in_order.iter().take_while(|(at, _)| *at <= now);
        let free = |(_, tenant): &&(_, TenantId)| !known.looked_at.contains(tenant);
        let (at, tenant) = *due.find(free)?;
        known.in_order.remove(&(at, tenant));
        known.at.remove(&tenant);
        known.looked_at.insert(tenant);
        Some(tenant)
    }

    /// Says that nobody looks at a tenant any more.
    pub(super) fn done(&self, tenant: TenantId) {
        self.known().looked_at.remove(&tenant);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    #[test]
    fn who_is_due_first_is_looked_at_first_and_by_one() {
        let (harbor, summit) = (TenantId::generate(), TenantId::generate());
        let work = OpenWork::default();
        work.note(harbor, at(9));
        work.note(summit, at(5));
        assert_eq!(work.take(at(4)), None, "nobody is due");
        assert_eq!((work.take(at(9)), work.take(at(9))), (Some(summit), Some(harbor)));
        // What is noted while somebody looks waits for him, and holds up no other.
        work.note(summit, at(1));
        assert_eq!(work.take(at(9)), None);
        work.done(harbor);
        work.note(harbor, at(9));
        assert_eq!((work.take(at(9)), work.take(at(9))), (Some(harbor), None));
        work.done(summit);
        assert_eq!((work.take(at(9)), work.take(at(9))), (Some(summit), None));
    }

    #[test]
    fn the_earliest_time_counts() {
        let (harbor, summit) = (TenantId::generate(), TenantId::generate());
        let work = OpenWork::default();
        for (tenant, seconds) in [(harbor, 5), (harbor, 3), (harbor, 8), (summit, 4)] {
            work.note(tenant, at(seconds));
        }
        assert_eq!((work.take(at(3)), work.take(at(3))), (Some(harbor), None));
        assert_eq!((work.take(at(9)), work.take(at(9))), (Some(summit), None), "noted once");
    }
}
