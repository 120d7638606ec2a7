use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Exceeded, Meter, Month, QuotaMeter, Reservation, Reserved};
use crate::{Allowance, Clock, Error, TenantId};

type Accounts = HashMap<(TenantId, Meter), Account>;

/// Quotas in memory, for tests and programs of one process. Its counts end with the process.
///
/// It is exact under parallel calls.
pub struct MemoryQuotaMeter {
    clock: Arc<dyn Clock>,
    hold_for: Duration,
    months: Mutex<BTreeMap<Month, Accounts>>,
}

/// What one tenant has used and holds of one meter in one month.
#[derive(Default)]
struct Account {
    used: u64,
    held: HashMap<Uuid, Hold>,
}

struct Hold {
    amount: u64,
    until: OffsetDateTime,
}

impl MemoryQuotaMeter {
    /// Makes a meter that takes the month from this clock, and holds a reservation for 5 minutes.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, hold_for: Duration::from_mins(5), months: Mutex::default() }
    }

    /// Sets how long a reservation is held: longer than the longest piece of work.
    pub fn hold_for(mut self, longest: Duration) -> Self {
        self.hold_for = longest;
        self
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Month, Accounts>> {
        self.months.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back a reservation; false when it is not held any more.
    fn end(&self, reservation: &Reservation, actual: u64) -> bool {
        let now = self.clock.now();
        let mut months = self.lock();
        let accounts = months.get_mut(&reservation.month());
        let key = (reservation.tenant(), reservation.meter().clone());
        let Some(account) = accounts.and_then(|accounts| accounts.get_mut(&key)) else {
            return false;
        };
        match account.held.remove(&reservation.id()) {
            Some(hold) if hold.until > now => {
                // No more than was held, which fitted.
                account.used += actual;
                true
            }
            _ => false,
        }
    }
}

impl Account {
    /// Returns what is used or held, without what has run out.
    fn taken(&mut self, now: OffsetDateTime) -> u64 {
        self.held.retain(|_, hold| hold.until > now);
        let held = self.held.values().map(|hold| hold.amount);
        held.fold(self.used, u64::saturating_add)
    }
}

#[async_trait]
impl QuotaMeter for MemoryQuotaMeter {
    async fn reserve(
        &self,
        tenant: TenantId,
        meter: &Meter,
        amount: u64,
        limit: Allowance,
    ) -> Result<Reserved, Error> {
        let now = self.clock.now();
        let month = Month::of(now);
        let mut months = self.lock();
        if !months.contains_key(&month) {
            months.retain(|month, _| month.kept_until() > now);
        }
        let account = months.entry(month).or_default().entry((tenant, meter.clone())).or_default();
        let taken = account.taken(now);
        // What cannot be counted does not fit, even where nothing limits it.
        let most = limit.limit().unwrap_or(u64::MAX);
        if taken.checked_add(amount).is_none_or(|sum| sum > most) {
            return Ok(Reserved::Exceeded(Exceeded::new(taken, most, month)));
        }
        let reservation = Reservation::new(tenant, meter.clone(), month, amount);
        let hold_for = time::Duration::try_from(self.hold_for).unwrap_or(time::Duration::MAX);
        let until = now.checked_add(hold_for).unwrap_or(Month::LAST.end());
        account.held.insert(reservation.id(), Hold { amount, until });
        Ok(Reserved::Held(reservation))
    }

    async fn commit(&self, reservation: &Reservation, actual: u64) -> Result<bool, Error> {
        reservation.check(actual)?;
        Ok(self.end(reservation, actual))
    }

    async fn release(&self, reservation: &Reservation) -> Result<(), Error> {
        self.end(reservation, 0);
        Ok(())
    }

    async fn used(&self, tenant: TenantId, meter: &Meter) -> Result<u64, Error> {
        let month = Month::current(&*self.clock);
        let months = self.lock();
        let account =
            months.get(&month).and_then(|accounts| accounts.get(&(tenant, meter.clone())));
        Ok(account.map_or(0, |account| account.used))
    }
}

impl fmt::Debug for MemoryQuotaMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQuotaMeter")
            .field("clock", &self.clock)
            .field("hold_for", &self.hold_for)
            .finish_non_exhaustive()
    }
}
