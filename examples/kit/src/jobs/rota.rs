use std::collections::{BTreeSet, HashMap};

use tenancy_core::TenantId;
use time::OffsetDateTime;

/// Whose turn it is: every tenant with work that is due gets one job begun, and then goes behind
/// all others. None has more than a few at once.
#[derive(Debug)]
pub(super) struct Rota {
    /// How many jobs of a tenant run at once.
    at_once: u32,
    tenants: HashMap<TenantId, Standing>,
    /// Due now, by the turn they had last.
    ready: BTreeSet<(u64, TenantId)>,
    /// Due at a time.
    later: BTreeSet<(OffsetDateTime, TenantId)>,
    turn: u64,
}

#[derive(Debug, Default)]
struct Standing {
    turn: u64,
    running: u32,
    /// Somebody is looking for the next job.
    looking: bool,
    /// There may be more, once that one is through.
    again: bool,
    is_ready: bool,
    later: Option<OffsetDateTime>,
}

impl Rota {
    pub(super) fn new(at_once: u32) -> Self {
        let (ready, later) = (BTreeSet::new(), BTreeSet::new());
        Self { at_once, tenants: HashMap::new(), ready, later, turn: 0 }
    }

    /// A tenant may have work from a time on.
    pub(super) fn note(&mut self, tenant: TenantId, at: OffsetDateTime) {
        let standing = self.tenants.entry(tenant).or_default();
        if standing.later.is_none_or(|known| at < known) {
            if let Some(known) = standing.later.replace(at) {
                self.later.remove(&(known, tenant));
            }
            self.later.insert((at, tenant));
        }
    }

    /// Returns when the next tenant is due that is not yet.
    pub(super) fn next(&self) -> Option<OffsetDateTime> {
        self.later.first().map(|(at, _)| *at)
    }

    /// Takes the tenant whose turn it is; it is looked at until [`looked`](Self::looked).
    pub(super) fn take(&mut self, now: OffsetDateTime) -> Option<TenantId> {
        while let Some(&(at, tenant)) = self.later.first()
            && at <= now
        {
            self.later.pop_first();
            if let Some(standing) = self.tenants.get_mut(&tenant) {
                standing.later = None;
                standing.again = true;
            }
            self.settle(tenant);
        }
        let (_, tenant) = self.ready.pop_first()?;
        self.turn += 1;
        let standing = self.tenants.get_mut(&tenant)?;
        standing.turn = self.turn;
        (standing.is_ready, standing.looking) = (false, true);
        Some(tenant)
    }

    /// Whoever looked has found a job and begins it, or has found none.
    pub(super) fn looked(&mut self, tenant: TenantId, found: bool) {
        if let Some(standing) = self.tenants.get_mut(&tenant) {
            standing.looking = false;
            standing.running += u32::from(found);
            // Where one was there may be more.
            standing.again |= found;
        }
        self.settle(tenant);
    }

    /// A job has ended.
    pub(super) fn ended(&mut self, tenant: TenantId) {
        if let Some(standing) = self.tenants.get_mut(&tenant) {
            standing.running -= 1;
        }
        self.settle(tenant);
    }

    /// Has a tenant stand in line if it may, and forgets it if nothing is known of it.
    fn settle(&mut self, tenant: TenantId) {
        let Some(standing) = self.tenants.get_mut(&tenant) else { return };
        if standing.again && !standing.looking && standing.running < self.at_once {
            standing.again = false;
            standing.is_ready = true;
            self.ready.insert((standing.turn, tenant));
        }
        let idle = standing.running == 0 && !standing.looking && !standing.is_ready;
        if idle && standing.later.is_none() && !standing.again {
            self.tenants.remove(&tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-01 12:00 UTC);

    #[test]
    fn a_tenant_with_many_jobs_delays_nobody() {
        let (mut rota, many, one) = (Rota::new(2), TenantId::generate(), TenantId::generate());
        rota.note(many, NOW);
        for _ in 0..2 {
            assert_eq!(rota.take(NOW), Some(many));
            assert_eq!(rota.take(NOW), None, "it is being looked at");
            rota.looked(many, true);
        }
        assert_eq!(rota.take(NOW), None, "two at once are enough");
        rota.note(one, NOW);
        rota.ended(many);
        // It had no turn yet.
        assert_eq!(rota.take(NOW), Some(one));
        assert_eq!(rota.take(NOW), Some(many));
        rota.looked(one, true);
        rota.looked(many, true);
        rota.ended(many);
        rota.ended(one);
        assert_eq!(rota.take(NOW), Some(one), "whose last turn is longer ago");
        rota.looked(one, false);
        rota.ended(many);
        assert_eq!(rota.take(NOW), Some(many));
        rota.looked(many, false);
        assert_eq!(rota.take(NOW), None);
        assert!(rota.tenants.is_empty() && rota.ready.is_empty() && rota.later.is_empty());
    }

    #[test]
    fn the_earliest_time_counts() {
        let (mut rota, one, other) = (Rota::new(1), TenantId::generate(), TenantId::generate());
        let at = |minutes| NOW + Duration::minutes(minutes);
        rota.note(one, at(5));
        rota.note(one, at(3));
        rota.note(one, at(9));
        rota.note(other, at(4));
        assert_eq!(rota.next(), Some(at(3)));
        assert_eq!(rota.take(at(2)), None);
        assert_eq!(rota.take(at(3)), Some(one));
        assert_eq!(rota.next(), Some(at(4)));
        // Enqueued while somebody looks: looked at again.
        rota.note(one, at(3));
        assert_eq!(rota.take(at(3)), None);
        rota.looked(one, false);
        assert_eq!(rota.take(at(3)), Some(one));
        rota.looked(one, false);
        assert_eq!(rota.take(at(4)), Some(other));
    }

    #[test]
    fn what_comes_while_all_run_is_not_forgotten() {
        let (mut rota, one, other) = (Rota::new(1), TenantId::generate(), TenantId::generate());
        for tenant in [one, other] {
            rota.note(tenant, NOW);
            assert_eq!(rota.take(NOW), Some(tenant));
            rota.looked(tenant, true);
            rota.note(tenant, NOW);
            assert_eq!(rota.take(NOW), None);
            rota.ended(tenant);
            assert_eq!(rota.take(NOW), Some(tenant));
            rota.looked(tenant, false);
        }
        assert!(rota.tenants.is_empty());
    }
}
